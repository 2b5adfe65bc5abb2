package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

var errNoList = errors.New("no function services that returns one list literal, below one block of imports")

// register adds the service to the list in the function services of a Go file,
// at its place in the alphabet, and imports its package. Comments stay where
// they are.
func register(content []byte, name string) ([]byte, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "services.go", content, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	imports, list := findImports(file), findList(file)
	if imports == nil || list == nil || imports.Rparen > list.Pos() {
		return nil, errNoList
	}
	offset := func(pos token.Pos) int { return files.Position(pos).Offset }
	entry := name + ".New(),"
	after := list.Lbrace
	for _, element := range list.Elts {
		if string(content[offset(element.Pos()):offset(element.End())]) < entry {
			after = element.End()
		}
	}
	// From the back, so that the first offset stays true.
	changed := insertLine(content, offset(after), entry)
	return format.Source(insertLine(changed, offset(imports.Rparen)-1, strconv.Quote(modulePrefix+name)))
}

// insertLine inserts a line below the one at the offset.
func insertLine(content []byte, offset int, line string) []byte {
	end := offset + bytes.IndexByte(content[offset:], '\n') + 1
	return slices.Insert(slices.Clone(content), end, []byte(line+"\n")...)
}

func findImports(file *ast.File) *ast.GenDecl {
	for _, decl := range file.Decls {
		if imports, ok := decl.(*ast.GenDecl); ok && imports.Tok == token.IMPORT && imports.Rparen.IsValid() {
			return imports
		}
	}
	return nil
}

func findList(file *ast.File) *ast.CompositeLit {
	for _, decl := range file.Decls {
		function, ok := decl.(*ast.FuncDecl)
		if !ok || function.Name.Name != "services" || function.Recv != nil || function.Body == nil {
			continue
		}
		for _, statement := range function.Body.List {
			if result, ok := statement.(*ast.ReturnStmt); ok && len(result.Results) == 1 {
				list, _ := result.Results[0].(*ast.CompositeLit)
				return list
			}
		}
	}
	return nil
}

// checkIdentifiers refuses a name that would make a file not compile because
// the file, or package main of cmd/parley, uses it for something else.
func checkIdentifiers(root, name string, changes []change) error {
	for _, change := range changes {
		if !strings.HasSuffix(change.path, ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), change.path, change.new, parser.ImportsOnly)
		if err != nil {
			return err
		}
		imported := make(map[string]bool)
		for _, spec := range file.Imports {
			identifier := importName(spec)
			if imported[identifier] {
				return fmt.Errorf("%w: %s needs another package called %q", errName, change.path, identifier)
			}
			imported[identifier] = true
		}
	}
	paths, err := filepath.Glob(filepath.Join(root, "cmd/parley/*.go"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if slices.Contains(topLevel(file), name) {
			return fmt.Errorf("%w: cmd/parley/%s declares %q", errName, filepath.Base(path), name)
		}
	}
	return nil
}

func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	path := strings.Trim(spec.Path.Value, `"`)
	if strings.HasPrefix(filepath.Base(path), "v") && versionForm.MatchString(filepath.Base(path)) {
		path = filepath.Dir(path)
	}
	return filepath.Base(path)
}

// topLevel returns the names a file declares in its package.
func topLevel(file *ast.File) []string {
	var names []string
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				names = append(names, decl.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, spec.Name.Name)
				case *ast.ValueSpec:
					for _, ident := range spec.Names {
						names = append(names, ident.Name)
					}
				}
			}
		}
	}
	return names
}
