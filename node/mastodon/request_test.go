package mastodon

import (
	"bytes"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
)

// read parses a request as serve does.
func read(method, address, contentType, body string) (*query, error) {
	r := httptest.NewRequest(method, address, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	sent, err := readValues(httptest.NewRecorder(), r)
	return &query{Request: r, sent: sent}, err
}

func multipartOf(t *testing.T, values url.Values, file string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for key, list := range values {
		for _, value := range list {
			check(t, w.WriteField(key, value))
		}
	}
	if file != "" {
		part, err := w.CreateFormFile(file, "me.png")
		check(t, err)
		_, err = part.Write([]byte("picture"))
		check(t, err)
	}
	check(t, w.Close())
	return w.FormDataContentType(), b.String()
}

func TestBodiesOfEveryFormSayTheSame(t *testing.T) {
	// If this failed, some apps could post and others could not.
	values := form{"status": {"a & b"}, "sensitive": {"true"}, "poll[options][]": {"x", "y"}, "poll[expires_in]": {"60"}}
	multi, multiBody := multipartOf(t, values, "")
	for _, c := range []struct{ name, method, address, contentType, body string }{
		{"query", "POST", "/?" + values.Encode(), "", ""},
		{"form", "POST", "/", "application/x-www-form-urlencoded; charset=UTF-8", values.Encode()},
		{"form without a type", "POST", "/", "", values.Encode()},
		{"form of a DELETE", "DELETE", "/", "application/x-www-form-urlencoded", values.Encode()},
		{"multipart", "POST", "/", multi, multiBody},
		{"json", "PUT", "/", "application/json", `{"status":"a & b","sensitive":true,"poll":{"options":["x","y"],"expires_in":60},"language":null}`},
	} {
		q, err := read(c.method, c.address, c.contentType, c.body)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(map[string][]string(values), map[string][]string(q.sent)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestListsComeInEveryNotation(t *testing.T) {
	// If this failed, asking for relationships would answer nothing to some apps.
	for _, address := range []string{"/?id[]=12&id[]=34", "/?id=12&id=34", "/?id[1]=34&id[0]=12", "/?id%5B%5D=12&id%5B%5D=34&id[]=12&id[]=x&id[]=-4"} {
		q, err := read("GET", address, "", "")
		check(t, err)
		if diff := cmp.Diff([]int64{12, 34}, q.ids("id", 5)); diff != "" {
			t.Errorf("%s: %s", address, diff)
		}
		if got := q.ids("id", 1); len(got) != 1 {
			t.Errorf("%s: %d ids where one is the most", address, len(got))
		}
	}
}

func TestBooleansAreReadAsRailsReadsThem(t *testing.T) {
	// If this failed, "reblogs=false" could hide nothing and "locked=on" lock nothing.
	for text, want := range map[string]bool{"true": true, "1": true, "on": true, "t": true, "yes": true, "false": false, "0": false, "off": false, "F": false, "FALSE": false} {
		q := &query{sent: form{"x": {text}}}
		if q.flag("x", !want) != want || *q.optionalFlag("x") != want {
			t.Errorf("%q is not %v", text, want)
		}
	}
	q := &query{sent: form{"x": {""}}}
	if !q.flag("x", true) || q.flag("y", false) || q.optionalFlag("x") != nil || q.optionalFlag("y") != nil {
		t.Error("nothing is something")
	}
}

func TestUnreadableRequestsAreRefused(t *testing.T) {
	// If this failed, a stranger could fill the memory, or a broken request would post half a text.
	deep := strings.Repeat(`{"a":`, bodyDepthMax+1) + "1" + strings.Repeat("}", bodyDepthMax+1)
	shallow := strings.Repeat(`{"a":`, bodyDepthMax) + "1" + strings.Repeat("}", bodyDepthMax)
	for _, c := range []struct {
		name, contentType, body string
		code                    fault.Code
	}{
		{"as long as may be", "", "status=" + strings.Repeat("a", bodyBytesMax-7), ""},
		{"too long", "", "status=" + strings.Repeat("a", bodyBytesMax-6), fault.TooLarge},
		{"broken JSON", "application/json", `{"status":"a"`, fault.Invalid},
		{"a JSON list", "application/json", `["a"]`, fault.Invalid},
		{"as deep as may be", "application/json", shallow, ""},
		{"too deep", "application/json", deep, fault.Invalid},
		{"broken form", "application/x-www-form-urlencoded", "a=%zz", fault.Invalid},
		{"NUL", "", "status=a%00b", fault.Invalid},
		{"NUL in JSON", "application/json", `{"status":"a\u0000b"}`, fault.Invalid},
		{"not UTF-8", "", "status=%ff%fe", fault.Invalid},
		{"broken multipart", "multipart/form-data; boundary=x", "--x\r\nnonsense", fault.Invalid},
		{"another type", "text/html", "<p>", fault.Unsupported},
		{"a broken type", "a/b/c;;", "x", fault.Unsupported},
		{"as many values as may be", "", strings.Repeat("a=&", valuesMax), ""},
		{"JSON with a long name around many values", "application/json",
			`{"` + strings.Repeat("k", keyBytesMax+1) + `":{"a":1,"b":1}}`, fault.Invalid},
		{"JSON with too many values", "application/json", `{"a":[1` + strings.Repeat(",1", valuesMax) + `]}`, fault.TooLarge},
		{"JSON with too many values that count for nothing", "application/json", `{"a":[{}` + strings.Repeat(",{}", valuesMax) + `]}`, fault.TooLarge},
		{"too many values", "", strings.Repeat("a=&", valuesMax+1), fault.TooLarge},
	} {
		if _, err := read("POST", "/", c.contentType, c.body); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
	if _, err := read("GET", "/?a=%zz", "", ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("a broken query: %v", err)
	}
	if _, err := read("GET", "/?"+strings.Repeat("id[1]=1&", valuesMax+1), "", ""); !fault.Is(err, fault.TooLarge) {
		t.Errorf("a query of too many values: %v", err)
	}
}

// If this failed, a body of a stranger could stop the node.
func FuzzReadBody(f *testing.F) {
	f.Add("application/json", `{"a":{"b":[1,{"c":"d"}]}}`)
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--")
	f.Add("", "a[b][]=c")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		q, err := read("POST", "/", contentType, body)
		if err == nil {
			q.list("a")
			q.profileFields()
			q.page(20, 40)
		}
	})
}
