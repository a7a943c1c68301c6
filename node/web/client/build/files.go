package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/andybalholm/brotli"
)

// compressMin is the size from which a file is worth a smaller copy: below, headers outweigh it.
const compressMin = 512

// compress adds a .gz and a .br beside every text that gets smaller by it.
func compress(files map[string][]byte) {
	for _, name := range names(files) {
		switch path.Ext(name) {
		case ".js", ".css", ".html", ".svg", ".webmanifest", ".json":
		default:
			continue
		}
		if len(files[name]) < compressMin {
			continue
		}
		files[name+".gz"] = zip(files[name])
		files[name+".br"] = brotlied(files[name])
	}
}

func zip(data []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

func brotlied(data []byte) []byte {
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, brotli.BestCompression)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

func names(files map[string][]byte) (all []string) {
	for name := range files {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// write replaces the folder by files.
func write(out string, files map[string][]byte) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, name := range names(files) {
		file := filepath.Join(out, name)
		if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, files[name]) {
			continue
		}
		if err := os.WriteFile(file, files[name], 0o644); err != nil {
			return err
		}
	}
	return sweep(out, files)
}

// sweep removes what earlier builds left.
func sweep(out string, files map[string][]byte) error {
	there, err := os.ReadDir(out)
	if err != nil {
		return err
	}
	for _, entry := range there {
		if _, made := files[entry.Name()]; made {
			continue
		}
		if err := os.Remove(filepath.Join(out, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// compare tells how the folder differs from files.
func compare(out string, files map[string][]byte) error {
	var wrong []error
	there, err := os.ReadDir(out)
	if err != nil {
		return err
	}
	for _, entry := range there {
		if _, made := files[entry.Name()]; !made {
			wrong = append(wrong, fmt.Errorf("%s is not made any more", entry.Name()))
		}
	}
	for _, name := range names(files) {
		if old, err := os.ReadFile(filepath.Join(out, name)); err != nil || !bytes.Equal(old, files[name]) {
			wrong = append(wrong, fmt.Errorf("%s is not what the sources make", name))
		}
	}
	if len(wrong) > 0 {
		wrong = append(wrong, errors.New("run: go -C node/web/client/build run ."))
	}
	return errors.Join(wrong...)
}
