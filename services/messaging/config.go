package messaging

import (
	"errors"
	"fmt"
)

// ErrConfig is wrapped by every error of [Config.Validate].
var ErrConfig = errors.New("invalid configuration")

// Config says where messages are kept. The tags give each field its command-line
// flag, default and help; [DefaultConfig] gives the same defaults to programs.
type Config struct {
	DataDir      string `default:"./parley-data" help:"Directory of topics and messages. The default is ./parley-data. Created if it does not exist; one process uses it at a time." placeholder:"DIR" type:"path"`
	MinFreeBytes uint64 `default:"268435456" help:"Take no new messages while less disk space than this is free, in bytes."`
}

// DefaultConfig returns the defaults of `parley serve`.
func DefaultConfig() Config {
	return Config{DataDir: "./parley-data", MinFreeBytes: 256 << 20}
}

// Validate reports what is wrong with the configuration. It does not look at the
// directory.
func (c Config) Validate() error {
	if c.DataDir == "" {
		return fmt.Errorf("%w: --data-dir is empty: name a directory", ErrConfig)
	}
	if c.MinFreeBytes == 0 {
		return fmt.Errorf("%w: --min-free-bytes must be at least 1: a full disk ends the process", ErrConfig)
	}
	return nil
}
