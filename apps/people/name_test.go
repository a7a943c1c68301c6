package people

import (
	"strings"
	"testing"

	"tulou/protocol/fault"
)

// If this failed, an address that two programs read differently could be confirmed by one person
// and belong to another.
func TestA127AmbiguousEmailIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "ana", "@harbor.example", "ana@", `"ana"@harbor.example`, `"ana@orchard.example"@harbor.example`,
		"ana%orchard.example@harbor.example", "orchard.example!ana@harbor.example", "ana@orchard.example@harbor.example",
		"ana@harbor.example,ben@harbor.example", "ana@harbor.example ben@harbor.example", "Ana <ana@harbor.example>",
		"<ana@harbor.example>", "ana(comment)@harbor.example", "ana @harbor.example", " ana@harbor.example",
		"ana@harbor.example\n", "ana@harbor.example\x00", ".ana@harbor.example", "ana.@harbor.example",
		"a..na@harbor.example", "ana@[127.0.0.1]", "ana@127.0.0.1", "ana@harbor.example:25", "ana@harbor.example.",
		"ana@harbor..example", "ana@harbor_.example", `ana\@harbor.example`, "ána@harbor.example", "a\u200bna@harbor.example",
		"ana＠harbor.example", "ana@harbor.example/x", "ana@har%62or.example", "ana;ben@harbor.example",
		strings.Repeat("a", 65) + "@harbor.example", "a@" + strings.Repeat("harbor.", 40) + "example",
	} {
		if got, err := NormalizeEmail(text); err == nil || !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%q was taken as %q (%v)", text, got, err)
		}
	}
}

// If this failed, one person could have two accounts with one address, or none with a common one.
func TestEmailIsStoredInOneForm(t *testing.T) {
	for text, want := range map[string]string{
		"ana@harbor.example": "ana@harbor.example", "Ana.Maria+tulou@Harbor.EXAMPLE": "ana.maria+tulou@harbor.example",
		"o'brien@harbor.example": "o'brien@harbor.example", "li@bücher.example": "li@xn--bcher-kva.example",
		"ana@localhost": "ana@localhost",
		strings.Repeat("a", 64) + "@harbor.example": strings.Repeat("a", 64) + "@harbor.example",
	} {
		if got, err := NormalizeEmail(text); err != nil || got != want {
			t.Errorf("NormalizeEmail(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
}

// If this failed, somebody could register a name that speaks for the node or hides one of its
// pages.
func TestReservedAndBadNamesAreRefused(t *testing.T) {
	for name, ok := range map[string]bool{
		"ana": true, "a": true, "ana_99": true, strings.Repeat("a", 30): true, strings.Repeat("a", 31): false,
		"": false, "Ana": false, "ana.b": false, "ana-b": false, "ána": false, "ana@harbor": false, "../x": false,
		"admin": false, "root": false, "support": false, "actor": false, "inbox": false, "api": false, "all": false,
		InstanceActorName: false,
	} {
		if err := checkName(name); (err == nil) != ok {
			t.Errorf("checkName(%q) = %v", name, err)
		}
	}
}
