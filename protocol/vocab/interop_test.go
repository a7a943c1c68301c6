package vocab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"tulou/protocol/strictjson"
)

// If this failed, posts, profiles or reactions of a server that people use would arrive wrong. Each
// file is a shape that the software sends; the .want beside it is the plain struct made of it.
func TestDocumentsOfOtherServersAreUnderstood(t *testing.T) {
	files, err := filepath.Glob("testdata/interop/*/*.json")
	if err != nil || len(files) < 29 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimPrefix(file, "testdata/interop/"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := strictjson.Check(raw, 1<<20); err != nil {
				t.Errorf("the gate refuses it: %v", err)
			}
			object, err := ParseObject(raw)
			if err != nil {
				t.Fatal(err)
			}
			if object.Activity != nil {
				checkEnvelope(t, raw, object.Activity)
			}
			path := strings.TrimSuffix(file, ".json") + ".want"
			got := render(t, object)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// render writes an object without its bytes and zero fields, for people to review.
func render(t *testing.T, o *Object) string {
	t.Helper()
	out, err := json.Marshal(withoutRaw(o), json.OmitZeroStructFields(true), json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		t.Fatal(err)
	}
	return string(out) + "\n"
}

func withoutRaw(o *Object) *Object {
	if o == nil {
		return nil
	}
	bare := *o
	bare.Raw = nil
	if o.Activity != nil {
		a := *o.Activity
		a.Raw, a.Inner, a.Object = nil, nil, withoutRaw(a.Object)
		bare.Activity = &a
	}
	if o.Collection != nil {
		c := *o.Collection
		c.Items = append([]Item(nil), c.Items...)
		for i := range c.Items {
			c.Items[i].Raw = nil
		}
		bare.Collection = &c
	}
	return &bare
}

// checkEnvelope fails if the gate would have seen another activity than the job.
func checkEnvelope(t *testing.T, raw []byte, a *Activity) {
	t.Helper()
	e, err := ParseEnvelope(raw)
	if err != nil {
		t.Fatalf("envelope: %v", err)
	}
	got := []string{e.ID, e.Type, e.Actor, e.ObjectID}
	want := []string{a.ID, a.Type, a.Actor, a.ObjectID}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the envelope disagrees: %s", diff)
	}
}
