package federation

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"tulou/protocol/fault"
)

// answer writes a fault to a peer: its status, and a sentence that says what was wrong.
func (e *Engine) answer(w http.ResponseWriter, r *http.Request, err error) int {
	code := fault.CodeOf(err)
	status := code.Status()
	if code == fault.Internal {
		e.log.Error("request of a peer", "path", r.URL.Path, "err", err)
	} else {
		e.log.Debug("request of a peer refused", "path", r.URL.Path, "code", code, "err", err)
	}
	if retry := fault.RetryOf(err); retry > 0 {
		w.Header().Set("Retry-After", retryAfter(retry))
	} else if code == fault.Unavailable {
		w.Header().Set("Retry-After", retryAfter(unavailableFor))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(struct {
		Error string `json:"error"`
	}{fault.DetailOf(err)})
	return status
}

// unavailableFor is when a peer is asked to come back if nothing better is known.
const unavailableFor = time.Minute

func retryAfter(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }
