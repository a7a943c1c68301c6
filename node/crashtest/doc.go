// Package crashtest holds tests that cannot be made in one process: the real program, built as a
// user builds it, runs in processes of its own and is killed with SIGKILL while it works.
//
// Everything is judged from outside: by the answers that clients got, by what other servers
// (nodetest/peer, which signs with its own code) received, and by what timelines show after a
// restart. The program has no hooks for these tests. Each of them runs small by default, so that
// go test ./... stays quick, and at the size that proves something with TULOU_TEST_FULL=1, which is
// how .ci/long runs it; -short leaves them out.
//
// The invariant to remember: only processes that a test started are ever killed, by their id.
package crashtest
