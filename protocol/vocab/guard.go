package vocab

import (
	"errors"

	"github.com/go-fed/activity/streams"
	gofed "github.com/go-fed/activity/streams/vocab"
)

//go:generate go run ./internal/guardgen

// guard is go-fed's manager with a look at the type's name before each attempt.
//
// go-fed v1.0.0 finds out what a nested object is by trying some sixty deserialisers in a fixed
// order, each of which allocates its result and a fmt error before it notices that the name is
// another one. Looking first costs less than half the time and a quarter of the garbage. It is also
// the only place where types that go-fed does not know can be let in: see extension.go.
type guard struct{ streams.Manager }

// init is the package's one effect at start. It must run after the init of streams, which installs
// the unguarded manager; Go initialises imported packages first.
func init() { install(guard{}) }

var errOtherType = errors.New("the object is of another type")

// decoder makes a typed value of a normalised map.
type decoder func(map[string]any) (gofed.Type, error)

// deserializer is the signature that go-fed's manager has for each type. The second map names
// aliases of vocabularies, of which normalised maps have none.
type deserializer[T gofed.Type] = func(map[string]any, map[string]string) (T, error)

func decodeWith[T gofed.Type](parse deserializer[T]) decoder {
	return func(m map[string]any) (gofed.Type, error) {
		t, err := parse(m, nil)
		if err != nil {
			return nil, err
		}
		return t, nil
	}
}

func onlyIf[T gofed.Type](name string, parse deserializer[T]) deserializer[T] {
	return func(m map[string]any, alias map[string]string) (t T, err error) {
		if m["type"] != name {
			return t, errOtherType
		}
		return parse(m, alias)
	}
}

var (
	objectByStreams   = streams.Manager{}.DeserializeObjectActivityStreams()
	activityByStreams = streams.Manager{}.DeserializeActivityActivityStreams()
)

// DeserializeObjectActivityStreams takes Objects and every extension that is not an activity.
func (guard) DeserializeObjectActivityStreams() func(map[string]any, map[string]string) (gofed.ActivityStreamsObject, error) {
	return func(m map[string]any, alias map[string]string) (gofed.ActivityStreamsObject, error) {
		switch name, _ := m["type"].(string); {
		case name == "Object":
			return objectByStreams(m, alias)
		case decoders[name] != nil || isActivity(name, m):
			return nil, errOtherType
		default:
			return extendObject(name, m)
		}
	}
}

// DeserializeActivityActivityStreams takes Activities and every extension that is one.
func (guard) DeserializeActivityActivityStreams() func(map[string]any, map[string]string) (gofed.ActivityStreamsActivity, error) {
	return func(m map[string]any, alias map[string]string) (gofed.ActivityStreamsActivity, error) {
		switch name, _ := m["type"].(string); {
		case name == "Activity":
			return activityByStreams(m, alias)
		case decoders[name] != nil || !isActivity(name, m):
			return nil, errOtherType
		default:
			return extendActivity(name, m)
		}
	}
}
