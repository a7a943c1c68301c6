package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	// browserTests is where the scenes are that a browser plays.
	browserTests = "../web/client/test"
	// browserPatience is how long all of them may take.
	browserPatience = time.Hour
)

// browserPlace is what the scenes know of the village.
type browserPlace struct {
	Chromium string        `json:"chromium"`
	Pictures string        `json:"pictures"` // where they keep what they saw
	Uploads  string        `json:"uploads"`  // pictures to show somebody
	Nodes    []browserNode `json:"nodes"`
	People   []Person      `json:"people"`
}

type browserNode struct {
	Home
	Invitation string `json:"invitation"`
}

// played is how a scene went.
type played struct {
	Scene string `json:"scene"`
	OK    bool   `json:"ok"`
	Said  string `json:"said"`
	MS    int64  `json:"ms"`
}

// If this failed, people would meet the web client as it is in a browser: with buttons that do
// nothing, pictures that make the page jump, words that are not translated, or nothing at all. It
// takes minutes and a machine for itself, so it runs with TULOU_TEST_BROWSER=1. Where Chromium or
// what npm ci fetches is absent it is skipped then, too, and fails if CI=true.
//
// TULOU_TEST_SCENES plays those alone whose names contain one of its words; TULOU_TEST_PATHS visits
// those screens alone, and of access not what opens over screens.
func TestPeopleUseTheWebClient(t *testing.T) {
	if os.Getenv("TULOU_TEST_BROWSER") == "" {
		t.Skip("SKIP: a browser plays scenes only with TULOU_TEST_BROWSER=1")
	}
	place := browserPlace{Chromium: findChromium(t), Pictures: picturesFolder(t), Uploads: t.TempDir()}
	v := start(t, Config{Nodes: 3, Port: freePorts(t, 3)})
	defer v.Close()
	place.People = v.People
	for i, home := range v.Homes {
		made, err := v.nodes[i].CreateInvite(t.Context(), invitationUses, invitationLasts, false)
		if err != nil {
			t.Fatal(err)
		}
		place.Nodes = append(place.Nodes, browserNode{home, made.Link})
	}
	drawUploads(t, place.Uploads)
	file := filepath.Join(t.TempDir(), "place.json")
	body, err := json.Marshal(place)
	if err == nil {
		err = os.WriteFile(file, body, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	playScenes(t, append([]string{"run.mjs", file}, strings.Fields(os.Getenv("TULOU_TEST_SCENES"))...))
	t.Logf("pictures are in %s", place.Pictures)
}

// playScenes runs the scenes, each a test of its own.
func playScenes(t *testing.T, arguments []string) {
	ctx, cancel := context.WithTimeout(t.Context(), browserPatience)
	defer cancel()
	play := exec.CommandContext(ctx, "node", arguments...)
	play.Dir, play.Stderr = browserTests, t.Output()
	out, err := play.StdoutPipe()
	if err == nil {
		err = play.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	scenes := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var p played
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Log(lines.Text())
			continue
		}
		scenes++
		t.Run(p.Scene, func(t *testing.T) {
			t.Logf("%d ms\n%s", p.MS, p.Said)
			if !p.OK {
				t.Fail()
			}
		})
	}
	if err := play.Wait(); err != nil && !t.Failed() {
		t.Errorf("the browser ended with %v", err)
	}
	if scenes == 0 {
		t.Error("no scene was played")
	}
}

// findChromium returns the path of Chromium, if that and what npm ci fetches are there.
func findChromium(t *testing.T) string {
	t.Helper()
	absent := t.Skipf
	if os.Getenv("CI") == "true" {
		absent = t.Fatalf
	}
	if _, err := os.Stat(filepath.Join(browserTests, "../node_modules/playwright-core")); err != nil {
		absent("SKIP: no playwright-core: npm ci --prefix node/web/client")
	}
	if _, err := exec.LookPath("node"); err != nil {
		absent("SKIP: no Node.js")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	absent("SKIP: no Chromium: apt-get install chromium")
	return ""
}

// picturesFolder is where pictures of screens are kept for who wants to look at them.
func picturesFolder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("TULOU_TEST_DIR")
	if dir == "" {
		return filepath.Join(t.TempDir(), "pictures")
	}
	dir, err := filepath.Abs(filepath.Join(dir, "pictures"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// drawUploads makes files that somebody in a browser test shows.
func drawUploads(t *testing.T, dir string) {
	t.Helper()
	for name, scene := range map[string]string{"one": "moss", "two": "evening", "three": "market"} {
		drawn, err := picture{scene: scene, seed: name}.draw()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name+".jpg"), drawn, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
