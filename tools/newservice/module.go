package main

import (
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

const modulePrefix = "github.com/parleyhq/parley/services/"

// model is the service whose dependencies a new one starts with.
const model = "services/unary"

// newModule returns go.mod and go.sum of the new service: those of the model
// under another name. The templates import what the model imports.
func newModule(root, name string) ([]change, error) {
	content, err := os.ReadFile(filepath.Join(root, model, "go.mod"))
	if err != nil {
		return nil, err
	}
	mod, err := modfile.Parse(model+"/go.mod", content, nil)
	if err != nil {
		return nil, err
	}
	if err := mod.AddModuleStmt(modulePrefix + name); err != nil {
		return nil, err
	}
	renamed, err := mod.Format()
	if err != nil {
		return nil, err
	}
	sum, err := os.ReadFile(filepath.Join(root, model, "go.sum"))
	if err != nil {
		return nil, err
	}
	return []change{
		{path: "services/" + name + "/go.mod", new: renamed},
		{path: "services/" + name + "/go.sum", new: sum},
	}, nil
}

// addUse adds the service's module to a go.work.
func addUse(content []byte, name string) ([]byte, error) {
	work, err := modfile.ParseWork("go.work", content, nil)
	if err != nil {
		return nil, err
	}
	if err := work.AddUse("./services/"+name, ""); err != nil {
		return nil, err
	}
	work.SortBlocks()
	work.Cleanup()
	return modfile.Format(work.Syntax), nil
}

// addRequirement makes cmd/parley's go.mod require the service's module, from
// the folder beside it.
func addRequirement(content []byte, name string) ([]byte, error) {
	mod, err := modfile.Parse("go.mod", content, nil)
	if err != nil {
		return nil, err
	}
	path := modulePrefix + name
	mod.SetRequireSeparateIndirect(append(mod.Require, &modfile.Require{
		Mod: module.Version{Path: path, Version: "v0.0.0"},
	}))
	if err := mod.AddReplace(path, "", "../../services/"+name, ""); err != nil {
		return nil, err
	}
	mod.SortBlocks()
	mod.Cleanup()
	return mod.Format()
}
