package storage

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
)

// Field is a line of a profile: a name and safe HTML. VerifiedAt is when the link in it was last
// seen to point back.
type Field struct {
	Name       string `json:"name"`
	Value      string `json:"value"`
	VerifiedAt Millis `json:"verified_at,omitempty"`
}

// Fields is a column of JSON.
type Fields []Field

// Scan reads the column.
func (f *Fields) Scan(column any) error { return scanJSON(column, f) }

// Value writes the column.
func (f Fields) Value() (driver.Value, error) { return jsonValue(f) }

// Texts is a column of JSON with a list of strings.
type Texts []string

// Scan reads the column.
func (t *Texts) Scan(column any) error { return scanJSON(column, t) }

// Value writes the column.
func (t Texts) Value() (driver.Value, error) { return jsonValue(t) }

// Numbers is a column of JSON with a list of ids.
type Numbers []int64

// Scan reads the column.
func (n *Numbers) Scan(column any) error { return scanJSON(column, n) }

// Value writes the column.
func (n Numbers) Value() (driver.Value, error) { return jsonValue(n) }

func scanJSON(column, dest any) error {
	switch v := column.(type) {
	case string:
		return json.Unmarshal([]byte(v), dest)
	case []byte:
		return json.Unmarshal(v, dest)
	}
	return fmt.Errorf("a JSON column holds %T", column)
}

func jsonValue[T any](list []T) (driver.Value, error) {
	if list == nil {
		return "[]", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// prefixed writes "id, uri" as "a.id, a.uri", for queries that join.
func prefixed(alias, columns string) string {
	return alias + "." + strings.ReplaceAll(columns, ", ", ", "+alias+".")
}
