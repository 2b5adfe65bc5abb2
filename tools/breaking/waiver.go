package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

const waiversFile = "buf-breaking-waivers.yaml"

// waiver allows one finding, exactly as buf words it.
type waiver struct {
	Rule    string `yaml:"rule"`    // FIELD_NO_DELETE
	File    string `yaml:"file"`    // proto/parley/unary/v1/unary.proto; empty where buf names none
	Element string `yaml:"element"` // buf's message, which names the element
	ADR     string `yaml:"adr"`     // docs/adr/0012-….md; must exist
	used    bool
}

func (w *waiver) String() string {
	return fmt.Sprintf("%s: %s: %s (%s)", w.File, w.Rule, w.Element, w.ADR)
}

// readWaivers refuses unknown keys, missing ones, and an ADR that is not there.
// No file means no waivers.
func readWaivers(dir string) ([]*waiver, error) {
	data, err := os.ReadFile(filepath.Join(dir, waiversFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the waivers: %w", err)
	}
	var file struct {
		Waivers []*waiver `yaml:"waivers"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", waiversFile, err)
	}
	for _, w := range file.Waivers {
		if w.Rule == "" || w.Element == "" || w.ADR == "" {
			return nil, fmt.Errorf("read %s: %q needs rule, element and adr", waiversFile, w)
		}
		if _, err := os.Stat(filepath.Join(dir, w.ADR)); err != nil {
			return nil, fmt.Errorf("read %s: the ADR of a waiver: %w", waiversFile, err)
		}
	}
	return file.Waivers, nil
}

func match(waivers []*waiver, found finding) *waiver {
	for _, w := range waivers {
		if w.Rule == found.Rule && w.File == found.File && w.Element == found.Message {
			return w
		}
	}
	return nil
}
