package edge

import "strings"

// programs and systems are what browsers call themselves, those first whose names are in the
// others' as well.
var (
	programs = [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}, {"curl", "curl"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"}, {"Linux", "Linux"}}
)

// Device tells by which program, on which system, a browser says that it is one; "" for what is not
// known.
func Device(agent string) (program, system string) {
	return first(programs, agent), first(systems, agent)
}

func first(of [][2]string, agent string) string {
	for _, known := range of {
		if strings.Contains(agent, known[0]) {
			return known[1]
		}
	}
	return ""
}
