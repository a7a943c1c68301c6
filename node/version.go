package node

import "runtime/debug"

// Version is the version of this program, as NodeInfo and the client API announce it.
const Version = "0.1.0"

// Build tells what this program was built from: the revision, with a plus if it was changed, and
// the version of Go; "" for what is not known.
func Build() (revision, goVersion string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", ""
	}
	changed := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			if s.Value == "true" {
				changed = "+"
			}
		}
	}
	return revision + changed, info.GoVersion
}
