package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// If this failed, the manual would describe settings that are not there, or keep some secret.
func TestManualListsEverySetting(t *testing.T) {
	page, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	flags := settingFlags(parser.Model)
	row := regexp.MustCompile("(?m)^\\| `--([a-z-]+)` \\| `(\\w+)` \\|(.*?)\\|(.*)\\|$")
	written := map[string]bool{}
	for _, cells := range row.FindAllStringSubmatch(string(page), -1) {
		name, variable, byDefault, meaning := cells[1], cells[2], strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4])
		flag := flags[name]
		if flag == nil {
			t.Errorf("there is no setting %s", name)
			continue
		}
		if written[name] {
			t.Errorf("%s has two rows", name)
		}
		written[name] = true
		if flag.Envs[0] != variable || variable != envPrefix+strings.ToUpper(strings.ReplaceAll(name, "-", "_")) {
			t.Errorf("%s: the manual says %s, the program reads %s", name, variable, flag.Envs[0])
		}
		if flag.HasDefault && byDefault != "`"+flag.Default+"`" {
			t.Errorf("%s: the manual says %s by default, the program takes %s", name, byDefault, flag.Default)
		}
		if len(meaning) < 20 {
			t.Errorf("%s is not explained", name)
		}
	}
	for name := range flags {
		if !written[name] {
			t.Errorf("the manual does not say what %s is", name)
		}
	}
}
