package calls

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	conformancev1 "connectrpc.com/conformance/internal/gen/proto/go/connectrpc/conformance/v1"
	"github.com/parleyhq/parley/platform/client"
	"google.golang.org/protobuf/proto"
)

// Pool keeps one client for each set of settings the suite uses, so that calls
// share connections as they do in a program. It is safe for concurrent use.
type Pool struct {
	dir string // holds client certificates

	mu      sync.Mutex
	clients map[[sha256.Size]byte]*client.Client
}

// NewPool returns an empty pool. The caller must call Close.
func NewPool() (*Pool, error) {
	dir, err := os.MkdirTemp("", "conformance-client-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for certificates: %w", err)
	}
	return &Pool{dir: dir, clients: map[[sha256.Size]byte]*client.Client{}}, nil
}

// Close ends all calls and removes what the pool wrote.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, c := range p.clients {
		errs = append(errs, c.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(p.dir))...)
}

// get returns the client for the settings of a request.
func (p *Pool) get(req *conformancev1.ClientCompatRequest) (*client.Client, error) {
	settings, err := proto.MarshalOptions{Deterministic: true}.Marshal(&conformancev1.ClientCompatRequest{
		HttpVersion: req.GetHttpVersion(), Protocol: req.GetProtocol(), Codec: req.GetCodec(), Compression: req.GetCompression(),
		Host: req.GetHost(), Port: req.GetPort(), ServerTlsCert: req.GetServerTlsCert(), ClientTlsCreds: req.GetClientTlsCreds(),
		MessageReceiveLimit: req.GetMessageReceiveLimit(), UseGetHttpMethod: req.GetUseGetHttpMethod(),
	})
	if err != nil {
		return nil, fmt.Errorf("encode the settings: %w", err)
	}
	key := sha256.Sum256(settings)
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.clients[key]; ok {
		return known, nil
	}
	config, err := configure(req)
	if err != nil {
		return nil, err
	}
	if err := p.authenticate(&config, req.GetClientTlsCreds(), fmt.Sprintf("%x", key)); err != nil {
		return nil, err
	}
	made, err := client.New(config)
	if err != nil {
		return nil, err
	}
	p.clients[key] = made
	return made, nil
}

// authenticate gives the client its certificate, if it has one.
func (p *Pool) authenticate(config *client.Config, creds *conformancev1.TLSCreds, name string) error {
	if creds == nil {
		return nil
	}
	config.TLS.CertFile = filepath.Join(p.dir, name+".cert.pem")
	config.TLS.KeyFile = filepath.Join(p.dir, name+".key.pem")
	if err := errors.Join(
		os.WriteFile(config.TLS.CertFile, creds.GetCert(), 0o600),
		os.WriteFile(config.TLS.KeyFile, creds.GetKey(), 0o600),
	); err != nil {
		return fmt.Errorf("write the client certificate: %w", err)
	}
	return nil
}
