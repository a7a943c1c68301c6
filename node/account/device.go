package account

import "tulou/node/edge"

// deviceOf names a browser as its owner would.
func deviceOf(words *edge.Words, agent string) string {
	program, system := edge.Device(agent)
	switch {
	case program != "" && system != "":
		return words.T("account.program-on", program, system)
	case program+system != "":
		return program + system
	}
	return words.T("account.unknown-browser")
}
