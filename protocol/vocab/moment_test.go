package vocab

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// If this failed, a node would read something else of a Moment than another one wrote.
func TestMomentsComeBackAsTheyWereWritten(t *testing.T) {
	for _, m := range []Moment{
		{ID: ana + "/moments/1", Type: TypeMoment, AttributedTo: ana, Content: "CW: <b>not</b> HTML & 船", MediaType: "text/plain",
			Context: ana + "/moments", To: []string{bo}, Place: "Old bridge", VisibleFor: "P3D", Published: noon, Attachments: []Attachment{
				{Type: "Image", MediaType: "image/png", URL: "https://harbor.example/moments/media/k/o.png", Name: "mud", Blurhash: "LEHV6n", Width: 4, Height: 3},
				{Type: "Video", MediaType: "video/mp4", URL: "https://harbor.example/moments/media/k/o.mp4", Thumbnail: "https://harbor.example/t.png"}}},
		{ID: ana + "/moments/2", Type: TypeMoment, AttributedTo: ana, Link: "https://tea.example/?a=1&b=2", LinkTitle: "Tea", Published: noon},
		{ID: "https://orchard.example/moments/comments/x", Type: TypeMomentComment, AttributedTo: bo, Content: "yes", MediaType: "text/plain",
			Context: ana + "/moments/1", InReplyTo: ana + "/moments/1", To: []string{ana}, Published: noon},
		{ID: "https://orchard.example/moments/comments/y", Type: TypeMomentLike, AttributedTo: bo, Context: ana + "/moments/1", To: []string{ana}, Published: noon},
		{ID: ana + "/moments", Type: TypeMomentBook, AttributedTo: ana, VisibleFor: "P0D", Image: "https://harbor.example/moments/media/c/o.png", To: []string{bo}},
	} {
		a := Activity{ID: ana + "/activities/1", Type: "Create", Actor: m.AttributedTo, To: m.To,
			Object: &Object{ID: m.ID, Type: m.Type, AttributedTo: m.AttributedTo, Moment: &m}}
		typed, err := BuildActivity(&a)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := Marshal(typed)
		if err != nil {
			t.Fatal(err)
		}
		// Full names mean the same.
		long := strings.ReplaceAll(string(raw), `"`+m.Type+`"`, `"`+Namespace+m.Type+`"`)
		long = strings.ReplaceAll(long, `"visibleFor":`, `"tulou:visibleFor":`)
		for _, text := range []string{string(raw), long} {
			back, err := ParseActivity([]byte(text))
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if back.Object == nil || back.Object.Note != nil || !back.Object.Known || back.ObjectType != m.Type {
				t.Fatalf("the object is %+v", back.Object)
			}
			if diff := cmp.Diff(&m, back.Object.Moment); diff != "" {
				t.Errorf("%s\n%s", diff, text)
			}
		}
	}
}
