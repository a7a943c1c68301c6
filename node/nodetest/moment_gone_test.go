package nodetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// heldBy returns in which files of a node's folder a text stands.
func (h *house) heldBy(text string) (files []string) {
	t := h.village.t
	t.Helper()
	check(t, filepath.WalkDir(h.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if content, err := os.ReadFile(path); err == nil && bytes.Contains(content, []byte(text)) {
			files = append(files, filepath.Base(path))
		}
		return nil
	}))
	return files
}

// If this failed, what a friend took back could be read in the database, or in what was given up of
// it, by whoever runs the node or finds its disk.
func TestWhatWasTakenBackIsInNoFile(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		v.start("orchard")
		say := &story{village: v}
		long := "xyzzy-long " + strings.Repeat("A quiet evening by the river, and then rain. ", 40)
		for _, line := range []string{`ana befriends @bob@orchard "xyzzy-greeting"`, `settle`, `bob agrees ana`, `settle`,
			`ana shares m1 "xyzzy-short" with friends place="xyzzy-place"`, fmt.Sprintf(`ana shares m2 %q with friends`, long), `settle`,
			`bob looks at m1 "xyzzy-short" place="xyzzy-place"`, `bob remarks c1 on m1 "xyzzy-comment"`, `sleep 10s`, `settle`, `ana reads of m1: c1`} {
			say.do(line)
		}
		for _, name := range []string{"harbor", "orchard"} {
			var n int
			check(t, v.houses[name].db.QueryRow(`SELECT COUNT(*) FROM received WHERE instr(body, CAST('xyzzy' AS BLOB)) > 0`).Scan(&n))
			if n != 0 {
				t.Errorf("%s keeps %d activities of friends as they came", name, n)
			}
			if len(v.houses[name].heldBy("xyzzy-short")) == 0 {
				t.Fatalf("%s does not even have what it shows, so this says nothing", name)
			}
		}
		for _, line := range []string{`bob retracts c1`, `ana retracts m1`, `ana retracts m2`, `ana unfriends bob`, `settle`} {
			say.do(line)
		}
		time.Sleep(2*time.Hour + time.Minute)
		v.settle()
		for _, name := range []string{"harbor", "orchard"} {
			if files := v.houses[name].heldBy("xyzzy"); len(files) > 0 {
				t.Errorf("after it was taken back %s has it in %v", name, files)
			}
		}
	})
}

// If this failed, a node that lost some days and was restored from a backup would never be friends
// again with whom it befriended in them, or would show what friends sent whom it does not know.
func TestANodeRestoredFromABackupFindsItsFriendsAgain(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		orchard := v.start("orchard")
		say := &story{village: v}
		tell := func(lines ...string) {
			for _, line := range lines {
				say.do(line)
			}
		}
		tell(`ana follows @bob@orchard`, `settle`)
		orchard.down()
		backup := must(os.ReadFile(filepath.Join(orchard.dir, "tulou.db")))
		orchard.up()
		tell(`ana befriends @bob@orchard "hello"`, `settle`, `bob agrees ana`, `settle`, `ana shares m1 "before"`, `settle`, `bob looks at m1 "before"`)
		orchard.down()
		for _, name := range []string{"tulou.db", "tulou.db-wal", "tulou.db-shm"} {
			if err := os.Remove(filepath.Join(orchard.dir, name)); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
		check(t, os.WriteFile(filepath.Join(orchard.dir, "tulou.db"), backup, 0o600))
		orchard.up()
		// Ana's node believes in it, bob's does not, and keeps nothing that comes.
		tell(`bob friend @ana@harbor is none`, `ana friend bob is friend`, `ana shares m2 "meanwhile"`, `settle`, `bob misses m2`, `bob feed is empty`)
		// Bob asks, and is a friend at once: ana agreed long ago.
		tell(`bob befriends @ana@harbor`, `settle`, `bob friend ana is friend`, `ana friend bob is friend`, `ana shares m3 "again"`, `settle`,
			`bob looks at m3 "again"`, `bob feed is m3`, `ana retracts m3`, `ana retracts m1`, `settle`, `bob feed is empty`)
	})
}
