package messaging

import "sync"

// state is why the service can store nothing, as far as it cannot, and who wants to
// know. It is safe for concurrent use.
type state struct {
	mu     sync.Mutex
	reason error
	tell   func(reason error) // nil: nobody does
}

func (s *state) set(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reason = reason
	if s.tell != nil {
		s.tell(reason)
	}
}

// watch implements server.Service.Unready.
func (s *state) watch(tell func(reason error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell = tell
	tell(s.reason)
}
