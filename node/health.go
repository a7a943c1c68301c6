package node

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"tulou/federation"
)

// readyLagMax is how far behind its accepted activities and jobs a node may be and still take more.
// Deliveries do not count: they wait for others.
const readyLagMax = time.Minute

// readyTimeout bounds the questions that readiness asks.
const readyTimeout = 3 * time.Second

// livez says that the process runs and answers.
func (n *Node) livez(w http.ResponseWriter, _ *http.Request) { writeHealth(w, nil) }

// readyz says whether requests should be sent here: the node is not stopping, its database answers,
// and its queues keep up.
func (n *Node) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	writeHealth(w, n.ready(ctx))
}

func (n *Node) ready(ctx context.Context) error {
	if n.stopping.Load() {
		return fmt.Errorf("stopping")
	}
	for _, queue := range []string{federation.QueueInbox, QueueWork} {
		// Of what nobody works at: one peer that answers slowly holds up its own lane for long, and
		// must not be able to take the node off the net.
		at, due, err := n.store.NextLane(ctx, queue)
		if err != nil {
			n.log.Warn("not ready", "err", err)
			return fmt.Errorf("the database does not answer")
		}
		if behind := time.Since(at); due && behind > readyLagMax {
			return fmt.Errorf("queue %s is %s behind", queue, behind.Round(time.Second))
		}
	}
	return nil
}

func writeHealth(w http.ResponseWriter, err error) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, err)
		return
	}
	fmt.Fprintln(w, "ok")
}
