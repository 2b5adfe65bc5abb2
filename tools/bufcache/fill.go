package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// source says which Go module carries the files of a module of the registry.
type source struct {
	goModule string // path@version
	protoDir string // where its .proto files are; LICENSE and README.md are in its root
}

// sources is the pin that belongs to buf.lock: bump both together. A test
// fails when they disagree.
func sources() map[string]source {
	return map[string]source{
		"buf.build/bufbuild/protovalidate": {
			goModule: "github.com/bufbuild/protovalidate@v1.2.0",
			protoDir: "proto/protovalidate",
		},
	}
}

// fill writes one cache entry. The files are complete and carry the digest of
// buf.lock before module.yaml, which makes buf look at them, appears.
func fill(ctx context.Context, cache string, dep dependency, known map[string]source) error {
	from, ok := known[dep.Name]
	if !ok {
		return fmt.Errorf("the registry does not answer and no Go module is known for %s: add one to tools/bufcache/fill.go", dep.Name)
	}
	dir, err := download(ctx, from.goModule)
	if err != nil {
		return err
	}
	files, err := readFiles(dir, from.protoDir)
	if err != nil {
		return fmt.Errorf("read %s: %w", from.goModule, err)
	}
	if got := b5(files); got != dep.Digest {
		return fmt.Errorf("%s is not commit %s of %s: its digest is %s, buf.lock says %s; bump buf.lock and tools/bufcache/fill.go together",
			from.goModule, dep.Commit, dep.Name, got, dep.Digest)
	}
	return write(dep.dir(cache), files)
}

// download asks the go command, and thereby the module proxy. The checksum
// database is not asked: the digest in buf.lock is checked instead.
func download(ctx context.Context, goModule string) (string, error) {
	path, _, _ := strings.Cut(goModule, "@")
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", goModule)
	cmd.Dir = os.TempDir() // outside any module
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GONOSUMDB="+path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, runErr := cmd.Output()
	var module struct{ Dir, Error string }
	if err := json.Unmarshal(out, &module); err != nil && runErr == nil {
		return "", fmt.Errorf("download %s: %w", goModule, err)
	}
	if runErr != nil || module.Dir == "" {
		return "", fmt.Errorf("download %s: %s%s (the registry does not answer either)", goModule, module.Error, stderr.String())
	}
	return module.Dir, nil
}

func readFiles(dir, protoDir string) (map[string][]byte, error) {
	files := make(map[string][]byte)
	for _, name := range []string{"LICENSE", "README.md"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		files[name] = data
	}
	protos := os.DirFS(filepath.Join(dir, filepath.FromSlash(protoDir)))
	err := fs.WalkDir(protos, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".proto" {
			return err
		}
		files[path], err = fs.ReadFile(protos, path)
		return err
	})
	return files, err
}

func write(dir string, files map[string][]byte) error {
	for name, data := range files {
		if err := writeFile(filepath.Join(dir, "files", filepath.FromSlash(name)), data); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(dir, "module.yaml"), []byte("version: v1\nfiles_dir: files\n"))
}

// writeFile is atomic: several processes may fill one cache at once.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write buf's cache: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".bufcache-*")
	if err != nil {
		return fmt.Errorf("write buf's cache: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }() // gone after the rename
	_, err = file.Write(data)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(file.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write buf's cache: %w", err)
	}
	return nil
}
