package main

import (
	"bytes"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// folders and rootFiles are all that the top of the repository holds.
var (
	folders   = []string{".ci", "apps", "cmd", "docs", "federation", "node", "protocol", "storage"}
	rootFiles = []string{".editorconfig", ".gitattributes", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "FEDERATION.md",
		"LICENSE", "Makefile", "README.md", "SECURITY.md", "go.mod", "go.sum"}
)

func (r *repository) checkFolders() {
	seen := map[string]bool{}
	for name := range r.files {
		top, _, below := strings.Cut(name, "/")
		allowed := rootFiles
		if below {
			allowed = folders
		}
		if !slices.Contains(allowed, top) && !seen[top] {
			seen[top] = true
			r.report(top, 0, "this has no place at the top of the repository")
		}
	}
}

var (
	fencePattern  = regexp.MustCompile("(?ms)^[ \t]*```.*?^[ \t]*```[ \t]*$|`[^`\n]*`")
	linkPattern   = regexp.MustCompile(`\]\(<?([^()<>\s]+)>?(?:\s+"[^"]*")?\)`)
	schemePattern = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:`)
)

// checkLinks wants relative links of the documents at the top and in docs to lead to a file or
// folder of the repository.
func (r *repository) checkLinks() {
	for name, text := range r.files {
		if path.Ext(name) != ".md" || strings.Contains(name, "/") && !strings.HasPrefix(name, "docs/") {
			continue
		}
		// Code is not prose; its lines stay so that numbers are right.
		prose := fencePattern.ReplaceAllFunc(text, func(code []byte) []byte {
			return bytes.Repeat([]byte("\n"), bytes.Count(code, []byte("\n")))
		})
		for _, found := range linkPattern.FindAllSubmatchIndex(prose, -1) {
			target := string(prose[found[2]:found[3]])
			if !r.leads(name, target) {
				r.report(name, 1+bytes.Count(prose[:found[0]], []byte("\n")), "the link to %s leads nowhere", target)
			}
		}
	}
}

// leads tells whether a link is to be believed: to elsewhere, within the page, or to what is here.
func (r *repository) leads(from, target string) bool {
	if schemePattern.MatchString(target) || strings.HasPrefix(target, "#") || strings.HasPrefix(target, "//") {
		return true
	}
	target, _, _ = strings.Cut(target, "#")
	target, err := url.PathUnescape(target)
	if err != nil || strings.HasPrefix(target, "/") {
		return false
	}
	target = path.Join(path.Dir(from), target)
	if _, ok := r.files[target]; ok {
		return true
	}
	for name := range r.files {
		if strings.HasPrefix(name, target+"/") {
			return true
		}
	}
	return target == "."
}
