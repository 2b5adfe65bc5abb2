package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// dependency is one entry of buf.lock.
type dependency struct {
	Name   string `yaml:"name"`
	Commit string `yaml:"commit"`
	Digest string `yaml:"digest"`
}

func (d dependency) registry() string {
	host, _, _ := strings.Cut(d.Name, "/")
	return host
}

// dir is where buf v1.75 looks the module up, below its cache directory.
func (d dependency) dir(cache string) string {
	return filepath.Join(cache, "v3", "modules", "b5", filepath.FromSlash(d.Name), d.Commit)
}

func readLock(path string) ([]dependency, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the lock file: %w", err)
	}
	var lock struct {
		Version string       `yaml:"version"`
		Deps    []dependency `yaml:"deps"`
	}
	if err := yaml.Unmarshal(data, &lock); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if lock.Version != "v2" {
		return nil, fmt.Errorf("read %s: version is %q, only v2 is understood", path, lock.Version)
	}
	for _, dep := range lock.Deps {
		if dep.Name == "" || dep.Commit == "" || !strings.HasPrefix(dep.Digest, "b5:") {
			return nil, fmt.Errorf("read %s: dependency %q needs a commit and a b5 digest", path, dep.Name)
		}
	}
	return lock.Deps, nil
}

// cacheDir is buf's own rule: BUF_CACHE_DIR, else XDG_CACHE_HOME/buf, else
// ~/.cache/buf.
func cacheDir() (string, error) {
	if dir := os.Getenv("BUF_CACHE_DIR"); dir != "" {
		return dir, nil
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "buf"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.Join(errors.New("find buf's cache: set BUF_CACHE_DIR or HOME"), err)
	}
	return filepath.Join(home, ".cache", "buf"), nil
}

func cached(cache string, dep dependency) bool {
	_, err := os.Stat(filepath.Join(dep.dir(cache), "module.yaml"))
	return err == nil
}
