package account

import (
	"strings"

	"tulou/node/edge"
)

// programs and systems are what browsers call themselves, those first whose names are in the
// others' as well.
var (
	programs = [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}, {"curl", "curl"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"}, {"Linux", "Linux"}}
)

// deviceOf names a browser as its owner would.
func deviceOf(words *edge.Words, agent string) string {
	program, system := first(programs, agent), first(systems, agent)
	switch {
	case program != "" && system != "":
		return words.T("account.program-on", program, system)
	case program+system != "":
		return program + system
	}
	return words.T("account.unknown-browser")
}

func first(of [][2]string, agent string) string {
	for _, known := range of {
		if strings.Contains(agent, known[0]) {
			return known[1]
		}
	}
	return ""
}
