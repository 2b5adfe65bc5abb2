package linear

import (
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// Recorder collects a history. Its zero value is not usable: see [NewRecorder].
// It is safe for concurrent use.
type Recorder struct {
	began time.Time

	mu      sync.Mutex
	history []porcupine.Operation
}

// NewRecorder returns an empty recorder, whose clock starts now.
func NewRecorder() *Recorder { return &Recorder{began: time.Now()} }

// Do makes a call of a client and records it with its answer. A call that
// reports false is forgotten: it was a read that failed. An unknown publish must
// have had its effect, if any, when the call returns: its server is dead.
func (r *Recorder) Do(client int, call Call, do func() (Answer, bool)) Answer {
	operation := porcupine.Operation{ClientId: client, Input: call, Call: int64(time.Since(r.began))}
	answer, ok := do()
	operation.Output, operation.Return = answer, int64(time.Since(r.began))
	if ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.history = append(r.history, operation)
	}
	return answer
}

// History returns what was recorded so far.
func (r *Recorder) History() []porcupine.Operation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]porcupine.Operation(nil), r.history...)
}
