package federation

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tulou/federation/fetch"
)

// The cost of a delivery from the queue to the answer, with SQL, signing and HTTP over loopback on
// both ends, in CPU time of this process: wall time says little on a shared machine.

func BenchmarkDeliverRSA(b *testing.B)     { benchmarkDeliver(b, false) }
func BenchmarkDeliverEd25519(b *testing.B) { benchmarkDeliver(b, true) }

func benchmarkDeliver(b *testing.B, ed25519 bool) {
	const hosts = 200
	n := newOutNode(b)
	n.log = slog.New(slog.DiscardHandler)
	var took atomic.Int64
	done := make(chan struct{}, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
		if took.Add(1)%hosts == 0 {
			done <- struct{}{}
		}
	})}
	go server.Serve(listener)
	b.Cleanup(func() { server.Close() })
	n.client = fetch.New(fetch.Config{AllowPrivate: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
	}})
	b.Cleanup(n.client.Close)
	to := n.strangers(b, hosts)
	for _, who := range to {
		if ed25519 {
			n.readsEd25519(b, who)
		}
	}
	n.carry(b)
	n.write(b, n.ana, "warm up", to...)
	<-done
	start, began := cpuTime(b), time.Now()
	b.ResetTimer()
	for range b.N {
		n.write(b, n.ana, "hello, everybody, this is about as long as what people write", to...)
		<-done
	}
	b.StopTimer()
	each := float64(b.N * hosts)
	b.ReportMetric(float64((cpuTime(b)-start).Microseconds())/each, "cpu-µs/delivery")
	b.ReportMetric(each/time.Since(began).Seconds(), "deliveries/s")
}

func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
