package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// baseline is a version of the contract that clients may hold.
type baseline struct {
	name   string // as a person would say it
	commit string
}

// history is what the work tree is compared with.
type history struct {
	bases    []baseline
	onMain   bool // HEAD is part of main
	released bool // a release is tagged
}

// baselines returns the tip of main and the latest release, if one is tagged. A pull request is compared with origin/main where that
// exists: a clone's own main may be old. A merge to main is compared with its
// first parent, since the tip would be compared with itself.
func baselines(ctx context.Context, dir string) (history, error) {
	head, err := git(ctx, dir, "rev-parse", "HEAD")
	if err != nil {
		return history{}, err
	}
	var h history
	for _, ref := range []string{"refs/remotes/origin/main", "refs/heads/main"} {
		commit, err := git(ctx, dir, "rev-parse", "--verify", "--quiet", ref+"^{commit}")
		if err != nil {
			continue
		}
		if commit, err = git(ctx, dir, "merge-base", "HEAD", commit); err != nil {
			return history{}, err
		}
		base := baseline{name: strings.TrimPrefix(strings.TrimPrefix(ref, "refs/remotes/"), "refs/heads/"), commit: commit}
		h.bases = append(h.bases, base)
		if h.onMain = commit == head; h.onMain {
			if parent, err := git(ctx, dir, "rev-parse", "--verify", "--quiet", "HEAD^1"); err == nil {
				h.bases = append(h.bases, baseline{name: "the parent of " + base.name, commit: parent})
			}
		}
		break
	}
	if len(h.bases) == 0 {
		return history{}, errors.New("there is no branch main to compare with; fetch it (a CI checkout needs the full history)")
	}
	tag, err := latestTag(ctx, dir)
	if err != nil || tag == "" {
		return h, err
	}
	h.released = true
	h.bases = append(h.bases, baseline{name: "release " + tag, commit: "refs/tags/" + tag})
	return h, nil
}

// latestTag is the highest version, pre-releases below their release.
func latestTag(ctx context.Context, dir string) (string, error) {
	tags, err := git(ctx, dir, "-c", "versionsort.suffix=-", "tag", "--list", "v[0-9]*", "--sort=-version:refname")
	tag, _, _ := strings.Cut(tags, "\n")
	return tag, err
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// finding is one line of buf's answer.
type finding struct {
	Rule    string `json:"type"`
	File    string `json:"path"`
	Line    int    `json:"start_line"`
	Message string `json:"message"`
}

func (f finding) String() string {
	if f.File == "" { // the whole file is gone
		return f.Rule + ": " + f.Message
	}
	return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Rule, f.Message)
}

// bufFoundSomething is buf's exit status for findings, as opposed to failures.
const bufFoundSomething = 100

func compare(ctx context.Context, dir, buf string, base baseline) ([]finding, error) {
	common, err := git(ctx, dir, "rev-parse", "--path-format=absolute", "--git-common-dir")
	if err != nil {
		return nil, err
	}
	against := common + "#format=git,ref=" + base.commit // also right in a linked work tree
	cmd := exec.CommandContext(ctx, buf, "breaking", "--against", against, "--error-format", "json")
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != bufFoundSomething) {
		return nil, fmt.Errorf("buf breaking against %s: %w: %s%s", base.name, err, stderr.String(), out)
	}
	var findings []finding
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		var found finding
		if err := json.Unmarshal(lines.Bytes(), &found); err != nil {
			return nil, fmt.Errorf("understand buf's answer %q: %w", lines.Text(), err)
		}
		findings = append(findings, found)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read buf's answer: %w", err)
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(findings) == 0 {
		return nil, fmt.Errorf("buf breaking against %s failed without naming anything: %s", base.name, stderr.String())
	}
	return findings, nil
}
