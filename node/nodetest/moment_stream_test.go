package nodetest

import (
	"net/http"
	"testing"

	"github.com/coder/websocket"
)

// If this failed, somebody who looks at a stream would be shown a Moment or a comment that is not
// for them, or find out that there was one; or friends would not be shown it at once.
func TestStreamsShowMomentsToTheirAudienceAlone(t *testing.T) {
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		v.start("orchard")
		say := &story{village: v}
		// iris is a friend of ana's, and a stranger to ben; bob is a follower.
		for _, line := range []string{`ana befriends ben`, `ana befriends @iris@orchard`, `ana befriends @bob@orchard`, `settle`, `ben agrees ana`,
			`iris agrees ana`, `bob agrees ana`, `settle`, `ana notes bob hide_mine=true`, `bob follows @ana@harbor`, `settle`} {
			say.do(line)
		}
		var looking []*watcher
		watch := func(name, stream string) *watcher {
			w := v.persons[name].dials("?stream="+stream, websocket.DialOptions{})
			looking = append(looking, w)
			return w
		}
		defer func() {
			for _, w := range looking {
				w.stop()
			}
		}()
		ana, ben, iris, bob := watch("ana", "moments"), watch("ben", "moments"), watch("iris", "moments"), watch("bob", "moments")
		known := watch("iris", "user") // what programs for Mastodon look at
		all := []*watcher{ana, ben, iris, bob, known}
		see := func(line string, want ...[]string) {
			t.Helper()
			say.do(line)
			say.do(`sleep 5s`)
			for i, w := range all {
				w.sees(want[i]...)
			}
		}
		see(`ana shares m1 "Hello."`, []string{"moments: moment"}, []string{"moments: moment"}, []string{"moments: moment"}, nil, nil)
		see(`ana shares m2 "Note." with myself`, []string{"moments: moment"}, nil, nil, nil, nil)
		see(`iris remarks c1 on m1 "Hello back."`, []string{"moments: moment.comment", "moments: moment.notice"}, nil, []string{"moments: moment.comment"}, nil, nil)
		see(`ben hearts m1`, []string{"moments: moment.comment", "moments: moment.notice"}, []string{"moments: moment.comment"}, nil, nil, nil)
		see(`ana remarks c2 on m1 answering c1 "Come."`, []string{"moments: moment.comment"}, nil,
			[]string{"moments: moment.comment", "moments: moment.notice"}, nil, nil)
		see(`iris retracts c1`, []string{"moments: moment.uncomment"}, nil, []string{"moments: moment.uncomment"}, nil, nil)
		see(`ana retracts m1`, []string{"moments: moment.delete"}, []string{"moments: moment.delete"}, []string{"moments: moment.delete"}, nil, nil)

		// The powers that programs for Mastodon ask for do not open it, nor the API.
		p := v.persons["ana"].with("read write follow push")
		defer p.client.CloseIdleConnections()
		if code := p.own("GET", "/moments", nil, nil); code != http.StatusForbidden {
			t.Errorf("read and write open Moments: %d", code)
		}
		_, answer, err := websocket.Dial(t.Context(), "wss://harbor.example/api/v1/streaming?stream=moments",
			&websocket.DialOptions{HTTPClient: &http.Client{Transport: p.client.Transport}})
		if err == nil || answer == nil || answer.StatusCode != http.StatusForbidden {
			t.Errorf("read and write open the stream of Moments: %v %v", answer, err)
		}
	})
}
