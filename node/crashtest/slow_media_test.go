package crashtest

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What slow uploads of media may cost, beside what others do.
const (
	slowMediaBytesMax = 200 << 20
	ofOnePerson       = 8 // that the node takes at once
	peopleAtMost      = 64
	mediaPatient      = 70 * time.Second
)

// If this failed, a few people with slow connections, or who pretend to have them, could fill the
// memory of a node with pictures that never come, and nobody else could upload.
func TestSlowUploadsOfMedia(t *testing.T) {
	count := size(t, 96, 1000)
	parallel(t)
	n := newNode(t, "sqlite:"+t.TempDir()+"/tulou.db")
	n.start()
	if _, ok := n.rss(); !ok {
		t.Skip("SKIP: this system does not tell how much memory a process has")
	}
	honest := n.person("honest")
	crowd := make([]*person, min(peopleAtMost, (count+ofOnePerson-1)/ofOnePerson))
	for i := range crowd {
		crowd[i] = n.person(fmt.Sprintf("slow%d", i))
	}
	stop := make(chan struct{})
	var all, begun sync.WaitGroup
	var refused, ended atomic.Int64
	for i := range count {
		all.Add(1)
		begun.Add(1)
		go func() {
			defer all.Done()
			status := drip(t, n, crowd[i%len(crowd)].token, &begun, stop)
			switch {
			case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
				refused.Add(1)
			case status >= 200 && status < 300:
				t.Errorf("half a picture was answered with %d", status)
			default:
				ended.Add(1)
			}
		}()
	}
	begun.Wait()
	if !full() { // else they wait until the node has had enough
		time.AfterFunc(4*time.Second, func() { close(stop) })
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	most, uploads := int64(0), 0
	for over := false; !over; {
		select {
		case <-done:
			over = true
		case <-time.After(200 * time.Millisecond):
		}
		now, _ := n.rss()
		most = max(most, now)
		if err := honest.uploads(n); err != nil {
			t.Errorf("an honest upload: %v", err)
		}
		uploads++
	}
	t.Logf("%d slow uploads: %d were refused, %d cut off; memory rose to %d MB; meanwhile %d honest ones went through",
		count, refused.Load(), ended.Load(), most>>20, uploads)
	if most > slowMediaBytesMax {
		t.Errorf("memory rose to %d MB, more than %d", most>>20, slowMediaBytesMax>>20)
	}
	eventually(t, 10*time.Second, "half pictures go", func() error {
		if left, _ := filepath.Glob(filepath.Join(n.dir, "blobs", "new-*")); len(left) > 0 {
			return fmt.Errorf("%d files are left", len(left))
		}
		return nil
	})
}

// drip begins to upload a large picture and then hardly goes on, until the node or stop ends it. It
// returns the status of the answer, 0 for none.
func drip(t *testing.T, n *node, token string, begun *sync.WaitGroup, stop chan struct{}) int {
	once := sync.OnceFunc(begun.Done)
	defer once()
	at, err := url.Parse(n.URL)
	if err != nil {
		t.Error(err)
		return 0
	}
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+at.Port(), 10*time.Second)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer conn.Close()
	start := time.Now()
	_ = conn.SetDeadline(start.Add(mediaPatient + 20*time.Second))
	head := fmt.Sprintf("POST /api/v2/media HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 15000000\r\n\r\n"+
		"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n\x89PNG\r\n\x1a\n", at.Host, token)
	go func() {
		if _, err := conn.Write([]byte(head + strings.Repeat("x", 50<<10))); err != nil {
			return
		}
		once()
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				conn.Close()
				return
			case <-tick.C:
				if _, err := conn.Write([]byte("a")); err != nil {
					return
				}
			}
		}
	}()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if took := time.Since(start); took > mediaPatient {
		t.Errorf("the node bore it for %s", took)
	}
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// uploads uploads a small picture.
func (p *person) uploads(n *node) error {
	var picture, form bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 20, 20))); err != nil {
		return err
	}
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "a.png")
	if err != nil {
		return err
	}
	_, _ = part.Write(picture.Bytes())
	if err := w.Close(); err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodPost, n.URL+"/api/v2/media", &form)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Authorization", "Bearer "+p.token)
	answer, err := web.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%d %s", answer.StatusCode, body)
	}
	return nil
}
