package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/parleyhq/parley/tools/internal/pinned"
)

func main() {
	root, err := pinned.Root()
	if err == nil {
		err = pinned.Install(root, "npm")
	}
	if err == nil {
		err = check(context.Background(), os.Stdout, root, root+"/tools/node_modules/.bin/buf")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "breaking:", err)
		os.Exit(1)
	}
}

// check compares the work tree in dir with each baseline and reports to out.
func check(ctx context.Context, out io.Writer, dir, buf string) error {
	waivers, err := readWaivers(dir)
	if err != nil {
		return err
	}
	past, err := baselines(ctx, dir)
	if err != nil {
		return err
	}
	if past.released && len(waivers) > 0 {
		return fmt.Errorf("%s: a release is tagged, so nothing can be waived any more: remove it", waiversFile)
	}
	breaks := 0
	for _, base := range past.bases {
		findings, err := compare(ctx, dir, buf, base)
		if err != nil {
			return err
		}
		breaks += report(out, base, findings, waivers)
	}
	unused := reportUnused(out, waivers)
	if past.onMain { // merged with its waiver: the next branch removes it
		unused = 0
	}
	if breaks > 0 || unused > 0 {
		return fmt.Errorf("%d breaking changes, %d unused waivers", breaks, unused)
	}
	return nil
}

func reportUnused(out io.Writer, waivers []*waiver) int {
	unused := 0
	for _, waiver := range waivers {
		if !waiver.used {
			fmt.Fprintf(out, "unused waiver, remove it: %s\n", waiver)
			unused++
		}
	}
	return unused
}

// report prints the findings against one baseline and returns how many of them
// no waiver covers.
func report(out io.Writer, base baseline, findings []finding, waivers []*waiver) int {
	breaks := 0
	for _, found := range findings {
		if waiver := match(waivers, found); waiver != nil {
			waiver.used = true
			fmt.Fprintf(out, "waived (%s): %s\n", waiver.ADR, found)
			continue
		}
		breaks++
		fmt.Fprintf(out, "BREAKING against %s: %s\n", base.name, found)
	}
	if breaks == 0 {
		fmt.Fprintf(out, "no unwaived breaking change against %s\n", base.name)
	}
	return breaks
}
