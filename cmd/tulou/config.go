package main

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tulou/protocol/fault"
)

// configFile is the flag that names a file of settings.
type configFile string

// configBytesMax bounds the file; a real one has under a hundred lines.
const configBytesMax = 1 << 20

// BeforeResolve reads the file, so that its settings stand behind flags and variables.
func (f configFile) BeforeResolve(k *kong.Kong, ctx *kong.Context, trace *kong.Path) error {
	path := string(ctx.FlagValue(trace.Flag).(configFile))
	if path == "" {
		return nil
	}
	settings, err := readSettings(path)
	if err != nil {
		return err
	}
	if err := settings.check(k.Model); err != nil {
		return err
	}
	ctx.AddResolver(settings)
	return nil
}

// settings are the lines of a file by key.
type settings struct {
	path   string
	values map[string][]string
	lines  map[string]int
}

// readSettings reads 'key = value' lines. Empty lines and those that begin with # mean nothing; a
// key that may have several values may be written several times.
func readSettings(path string) (settings, error) {
	s := settings{path: path, values: map[string][]string{}, lines: map[string]int{}}
	info, err := os.Stat(path)
	if err != nil {
		return s, fault.Wrap(err, fault.Invalid, "the configuration file %s cannot be read", path)
	}
	if info.Size() > configBytesMax {
		return s, fault.New(fault.Invalid, "the configuration file %s is larger than %d bytes", path, configBytesMax)
	}
	file, err := os.Open(path)
	if err != nil {
		return s, fault.Wrap(err, fault.Invalid, "the configuration file %s cannot be read", path)
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	for number := 1; scanner.Scan(); number++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, found := strings.Cut(line, "=")
		if !found {
			return s, fault.New(fault.Invalid, "%s:%d: %q is not 'key = value'", path, number, line)
		}
		key = strings.TrimSpace(key)
		s.values[key] = append(s.values[key], strings.TrimSpace(value))
		s.lines[key] = number
	}
	return s, scanner.Err()
}

// check refuses keys that are not settings, and several values where one is meant.
func (s settings) check(model *kong.Application) error {
	known := settingFlags(model)
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		flag := known[key]
		if flag == nil {
			return fault.New(fault.Invalid, "%s:%d: there is no setting %q%s", s.path, s.lines[key], key,
				didYouMean(key, slices.Sorted(maps.Keys(known)), ""))
		}
		if len(s.values[key]) > 1 && !flag.IsSlice() {
			return fault.New(fault.Invalid, "%s:%d: %q is set twice", s.path, s.lines[key], key)
		}
	}
	return nil
}

// Validate is kong.Resolver; check did it.
func (s settings) Validate(*kong.Application) error { return nil }

// Resolve is kong.Resolver. Variables of the environment go before the file.
func (s settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	values := s.values[flag.Name]
	if len(flag.Envs) == 0 || len(values) == 0 {
		return nil, nil
	}
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	return strings.Join(values, ","), nil
}

// settingFlags returns the flags that may be set in a file, by name: those that have a variable.
func settingFlags(model *kong.Application) map[string]*kong.Flag {
	found := map[string]*kong.Flag{}
	_ = kong.Visit(model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok && len(flag.Envs) > 0 && flag.Name != "config" {
			found[flag.Name] = flag
		}
		return next(nil)
	})
	return found
}

const (
	envPrefix = "TULOU_"
	// envTests begins variables for the tests of this program, which it does not read itself.
	envTests = "TULOU_TEST_"
)

// checkEnvironment refuses variables of ours that mean nothing, because a setting that was
// misspelt would silently keep its default.
func checkEnvironment(model *kong.Application, environ []string) error {
	known := []string{"TULOU_CONFIG", envBenchToken, envBenchOtherToken}
	for _, flag := range settingFlags(model) {
		known = append(known, flag.Envs...)
	}
	slices.Sort(known)
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, envPrefix) || strings.HasPrefix(name, envTests) || slices.Contains(known, name) {
			continue
		}
		return fault.New(fault.Invalid, "there is no variable %s%s", name, didYouMean(name, known, envPrefix))
	}
	return nil
}

// didYouMean suggests the nearest known word, if one is near enough to be a slip. The prefix that
// all of them share does not count.
func didYouMean(word string, known []string, prefix string) string {
	best, nearest := "", max(2, (len(word)-len(prefix))/3)+1
	for _, candidate := range known {
		if d := editDistance(word, candidate); d < nearest {
			best, nearest = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

// editDistance counts the letters to insert, delete or replace to get from a to b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// dataDir is where a user's programs keep their data, on each system in its own way.
func dataDir() (string, error) {
	if home := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, "tulou"), nil
	}
	base, err := os.UserConfigDir()
	switch runtime.GOOS {
	case "darwin", "ios", "windows", "plan9":
	default:
		if base, err = os.UserHomeDir(); err == nil {
			base = filepath.Join(base, ".local", "share")
		}
	}
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "your data folder is not known; say where with --data-dir")
	}
	return filepath.Join(base, "tulou"), nil
}
