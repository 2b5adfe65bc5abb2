package contexts

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// Default is the name that stands for no context: the default server, without
// credentials. No context can have it.
const Default = "default"

var (
	// ErrUnknown: there is no context of this name.
	ErrUnknown = errors.New("there is no such context")
	// ErrExists: there is a context of this name.
	ErrExists = errors.New("there is a context of this name")
	// ErrName: no context can be called so.
	ErrName = errors.New("a name has 1 to 64 letters, digits, '.', '_' and '-', begins with a letter or digit, and is not " + Default)
)

var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Secret is text that is stored, and never shown: it formats as "(hidden)".
// Convert it to a string to use it.
type Secret string

// String implements fmt.Stringer.
func (Secret) String() string { return "(hidden)" }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return "(hidden)" }

// Context is one server and how to call it. Fields left empty take the default
// of the flag of the same name.
type Context struct {
	// Server is the address: http://host:port, https://host:port or host:port.
	Server string `json:"server"`
	// Token is the bearer token to send; TokenFile names a file that holds it. At
	// most one of them is set.
	Token     Secret `json:"token,omitempty"`
	TokenFile string `json:"token_file,omitempty"`
	// CAFile, ClientCert and ClientKey are absolute paths of PEM files.
	CAFile        string `json:"ca_file,omitempty"`
	ClientCert    string `json:"client_cert,omitempty"`
	ClientKey     string `json:"client_key,omitempty"`
	TLSServerName string `json:"tls_server_name,omitempty"`
	// Protocol is connect, grpc or grpcweb.
	Protocol string `json:"protocol,omitempty"`
}

// Files returns the files the context needs, by the name of their flag.
func (c Context) Files() map[string]string {
	files := map[string]string{"token-file": c.TokenFile, "ca-file": c.CAFile, "client-cert": c.ClientCert, "client-key": c.ClientKey}
	maps.DeleteFunc(files, func(_, path string) bool { return path == "" })
	return files
}

// Book is all contexts of a user.
type Book struct {
	// Current names the context in use; empty means [Default].
	Current string `json:"current,omitempty"`
	// Contexts are the contexts by name.
	Contexts map[string]Context `json:"contexts"`
}

// Names returns the names in their order.
func (b Book) Names() []string { return slices.Sorted(maps.Keys(b.Contexts)) }

// Get returns the context of a name, or an error that wraps [ErrUnknown].
func (b Book) Get(name string) (Context, error) {
	found, ok := b.Contexts[name]
	if !ok {
		return Context{}, fmt.Errorf("%w: %q", ErrUnknown, name)
	}
	return found, nil
}

// Add adds a context. Unless replace is set, the name must be new: else the error
// wraps [ErrExists]. A name that no context can have gives [ErrName].
func (b *Book) Add(name string, c Context, replace bool) error {
	if name == Default || !validName.MatchString(name) {
		return fmt.Errorf("context %q: %w", name, ErrName)
	}
	if _, ok := b.Contexts[name]; ok && !replace {
		return fmt.Errorf("%w: %q", ErrExists, name)
	}
	if b.Contexts == nil {
		b.Contexts = map[string]Context{}
	}
	b.Contexts[name] = c
	return nil
}

// Use makes a context the current one; [Default] leaves none.
func (b *Book) Use(name string) error {
	if name == Default {
		b.Current = ""
		return nil
	}
	if _, err := b.Get(name); err != nil {
		return err
	}
	b.Current = name
	return nil
}

// Remove removes a context. If it was the current one, none is afterwards.
func (b *Book) Remove(name string) error {
	if _, err := b.Get(name); err != nil {
		return err
	}
	delete(b.Contexts, name)
	if b.Current == name {
		b.Current = ""
	}
	return nil
}
