package main

import (
	"path/filepath"
	"reflect"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/parleyhq/parley/platform/server"
	"github.com/parleyhq/parley/services/messaging"
)

// TestDefaults holds the defaults of the flags and those that programs get
// together: they are written down twice.
func TestDefaults(t *testing.T) {
	t.Parallel()
	var flags serveCmd
	parser, err := kong.New(&flags, kong.Name("parley"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	if want := server.DefaultConfig(); !reflect.DeepEqual(flags.Config, want) {
		t.Errorf("the flags of the server give %+v, programs %+v", flags.Config, want)
	}
	want := messaging.DefaultConfig()
	if want.DataDir, err = filepath.Abs(want.DataDir); err != nil { // as kong does
		t.Fatal(err)
	}
	if flags.Messaging != want {
		t.Errorf("the flags of messaging give %+v, programs %+v", flags.Messaging, want)
	}
}
