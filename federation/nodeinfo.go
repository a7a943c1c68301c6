package federation

import (
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/storage"
)

// The schemas of NodeInfo that are served (nodeinfo.diaspora.software).
const nodeInfoSchema = "http://nodeinfo.diaspora.software/ns/schema/"

// nodeInfo is what a node says about itself, the same in 2.0 and 2.1.
type nodeInfo struct {
	Version  string `json:"version"`
	Software struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"software"`
	Protocols []string `json:"protocols"`
	Services  struct {
		Inbound  []string `json:"inbound"`
		Outbound []string `json:"outbound"`
	} `json:"services"`
	OpenRegistrations bool `json:"openRegistrations"`
	Usage             struct {
		Users struct {
			Total          int64 `json:"total"`
			ActiveMonth    int64 `json:"activeMonth"`
			ActiveHalfyear int64 `json:"activeHalfyear"`
		} `json:"users"`
		LocalPosts int64 `json:"localPosts"`
	} `json:"usage"`
	Metadata struct{} `json:"metadata"`
}

func (s *server) nodeInfoLinks(w http.ResponseWriter, _ *http.Request) error {
	base := s.config.Paths.Base + "/nodeinfo/"
	return writeJSON(w, "application/json; charset=utf-8", jrd{Links: []jrdLink{
		{Rel: nodeInfoSchema + "2.1", Href: base + "2.1"},
		{Rel: nodeInfoSchema + "2.0", Href: base + "2.0"},
	}})
}

func (s *server) nodeInfo(w http.ResponseWriter, r *http.Request) error {
	version := chi.URLParam(r, "version")
	if version != "2.0" && version != "2.1" {
		return missing()
	}
	stats, ok := s.stats.get("")
	if !ok {
		var err error
		if stats, err = s.store.Stats(r.Context(), time.Now()); err != nil {
			return err
		}
		s.stats.put("", stats)
	}
	info := nodeInfoOf(version, stats)
	if s.config.Open != nil {
		var err error
		if info.OpenRegistrations, err = s.config.Open(r.Context()); err != nil {
			return err
		}
	}
	kind := `application/json; profile="` + nodeInfoSchema + version + `#"; charset=utf-8`
	return writeJSON(w, kind, info)
}

func nodeInfoOf(version string, stats storage.Stats) (info nodeInfo) {
	info.Version = version
	info.Software.Name, info.Software.Version = "tulou", softwareVersion()
	info.Protocols = []string{"activitypub"}
	info.Services.Inbound, info.Services.Outbound = []string{}, []string{}
	info.Usage.Users.Total = stats.Users
	info.Usage.Users.ActiveMonth = stats.ActiveMonth
	info.Usage.Users.ActiveHalfyear = stats.ActiveHalfYear
	info.Usage.LocalPosts = stats.LocalPosts
	return info
}

// softwareVersion is what the Go command stamped into the binary: the released version, or the
// commit it was built from.
func softwareVersion() string {
	if build, ok := debug.ReadBuildInfo(); ok && build.Main.Version != "" && build.Main.Version != "(devel)" {
		return build.Main.Version
	}
	return "0.0.0-devel"
}
