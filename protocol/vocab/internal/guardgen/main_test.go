package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// If this failed, go-fed would have changed its version, or somebody a generated file, without
// running "go generate ./protocol/vocab".
func TestGeneratedFilesAreCurrent(t *testing.T) {
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range files {
		committed, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(source, committed) {
			t.Errorf("%s is not what the generator writes", name)
		}
	}
}
