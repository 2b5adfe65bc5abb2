package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"

	"github.com/bufbuild/httplb/resolver"
)

var errNoServers = errors.New("the list of servers is empty")

// AddressList is a [Config.Resolver] whose servers the program sets itself, for
// instance from its own service discovery. It is safe for concurrent use and
// may serve several clients. Calls of a list that was never set fail.
type AddressList struct {
	mu        sync.Mutex
	addresses []resolver.Address
	watchers  []*watcher
}

// NewAddressList returns a list of servers, each one host:port.
func NewAddressList(hostPorts ...string) (*AddressList, error) {
	list := &AddressList{}
	if err := list.Set(hostPorts...); err != nil {
		return nil, err
	}
	return list, nil
}

// Set replaces the servers. Later calls go to the new ones; calls in progress
// on a removed server are left to finish. An empty list, a duplicate and what
// is not host:port is refused, and changes nothing.
func (l *AddressList) Set(hostPorts ...string) error {
	if len(hostPorts) == 0 {
		return fmt.Errorf("set servers: %w", errNoServers)
	}
	var next []resolver.Address
	for i, hostPort := range hostPorts {
		if _, _, err := net.SplitHostPort(hostPort); err != nil {
			return fmt.Errorf("set servers: %q is not host:port: %w", hostPort, err)
		}
		if slices.Contains(hostPorts[:i], hostPort) {
			return fmt.Errorf("set servers: %s is given twice", hostPort)
		}
		next = append(next, resolver.Address{HostPort: hostPort})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addresses = next
	for _, w := range l.watchers {
		w.receiver.OnResolve(next)
	}
	return nil
}

// New implements resolver.Resolver. Only the balancer calls it.
func (l *AddressList) New(_ context.Context, _, _ string, receiver resolver.Receiver, _ <-chan struct{}) io.Closer {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &watcher{list: l, receiver: receiver}
	l.watchers = append(l.watchers, w)
	if len(l.addresses) == 0 {
		receiver.OnResolveError(errNoServers)
	} else {
		receiver.OnResolve(l.addresses)
	}
	return w
}

// watcher is one balancer that follows the list.
type watcher struct {
	list     *AddressList
	receiver resolver.Receiver
}

// Close stops the updates: none arrives after it returned.
func (w *watcher) Close() error {
	w.list.mu.Lock()
	defer w.list.mu.Unlock()
	w.list.watchers = slices.DeleteFunc(w.list.watchers, func(other *watcher) bool { return other == w })
	return nil
}
