package main

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

// change is one file to create or to change.
type change struct {
	path     string // relative to the root, with slashes
	old, new []byte // old is nil for a file to create
}

func (c change) verb() string {
	if c.old == nil {
		return "create"
	}
	return "change"
}

// service is what templates know.
type service struct{ Name string }

// Service returns the name of the Protobuf service, such as BillingService.
func (s service) Service() string { return strings.ToUpper(s.Name[:1]) + s.Name[1:] + "Service" }

//go:embed templates
var templates embed.FS

// plan returns every file to write for a new service, in a stable order. It
// writes nothing.
func plan(root, name string) ([]change, error) {
	if err := checkName(root, name); err != nil {
		return nil, err
	}
	changes, err := render(service{name})
	if err != nil {
		return nil, err
	}
	module, err := newModule(root, name)
	if err != nil {
		return nil, err
	}
	changes = append(changes, module...)
	for _, edit := range []struct {
		path string
		edit func(content []byte, name string) ([]byte, error)
	}{
		{"go.work", addUse},
		{"cmd/parley/go.mod", addRequirement},
		{"cmd/parley/services.go", register},
	} {
		old, err := os.ReadFile(filepath.Join(root, edit.path))
		if err != nil {
			return nil, err
		}
		content, err := edit.edit(old, name)
		if err != nil {
			return nil, fmt.Errorf("change %s: %w", edit.path, err)
		}
		changes = append(changes, change{path: edit.path, old: old, new: content})
	}
	if err := checkIdentifiers(root, name, changes); err != nil {
		return nil, err
	}
	return changes, nil
}

// render fills in the templates. Go files come out formatted.
func render(s service) ([]change, error) {
	targets := map[string]string{
		"service.proto.tmpl":   "proto/parley/" + s.Name + "/v1/" + s.Name + ".proto",
		"service.go.tmpl":      "services/" + s.Name + "/" + s.Name + ".go",
		"service_test.go.tmpl": "services/" + s.Name + "/" + s.Name + "_test.go",
		"main.go.tmpl":         "services/" + s.Name + "/cmd/" + s.Name + "/main.go",
	}
	parsed, err := template.New("").Option("missingkey=error").ParseFS(templates, "templates/*.tmpl")
	if err != nil {
		return nil, err
	}
	var changes []change
	for file, target := range targets {
		var content bytes.Buffer
		if err := parsed.ExecuteTemplate(&content, file, s); err != nil {
			return nil, err
		}
		result := content.Bytes()
		if strings.HasSuffix(target, ".go") {
			if result, err = format.Source(result); err != nil {
				return nil, fmt.Errorf("format %s: %w", target, err)
			}
		}
		changes = append(changes, change{path: target, new: result})
	}
	slices.SortFunc(changes, func(a, b change) int { return strings.Compare(a.path, b.path) })
	return changes, nil
}
