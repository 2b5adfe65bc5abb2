package wire

// enqueue appends p to the pending bytes as far as there is room, and waits for
// room for the rest.
func (w *writer) enqueue(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dirty = w.dirty || len(p) > 0
	accepted := 0
	for w.err == nil && accepted < len(p) {
		rest := p[accepted:]
		room := w.maxPending - len(w.pending)
		switch {
		case len(rest) >= w.maxPending && !w.writing:
			// Too large to be worth copying: send what waits, then this.
			w.move(rest)
			if w.err == nil {
				accepted = len(p)
			}
		case room > 0 && len(rest) < w.maxPending:
			n := min(room, len(rest))
			w.pending = append(w.buffer(), rest[:n]...)
			accepted += n
		default:
			w.startDrain()
			w.changed.Wait()
		}
	}
	return accepted, w.err
}

// buffer returns pending, or an empty buffer if there is none.
func (w *writer) buffer() []byte {
	if w.pending == nil {
		if pooled, ok := w.buffers.Get().(*[]byte); ok {
			return (*pooled)[:0]
		}
	}
	return w.pending
}

// startDrain starts the drain goroutine unless it runs. The caller holds mu.
func (w *writer) startDrain() {
	if !w.draining {
		w.draining = true
		go w.drain()
	}
}

// drain moves bytes on until there is nothing left to move. It is started by
// the handler, and finish waits for its end.
func (w *writer) drain() {
	w.mu.Lock()
	for w.err == nil && (w.flush || len(w.pending) >= w.maxPending) {
		if w.writing {
			w.changed.Wait()
			continue
		}
		w.move(nil)
	}
	w.draining = false
	w.changed.Broadcast()
	w.mu.Unlock()
}

// move writes the pending bytes and then p, and flushes if that was asked for.
// The caller holds mu, which is released meanwhile, and has seen writing false.
func (w *writer) move(p []byte) {
	pending, flush := w.pending, w.flush
	w.pending, w.flush, w.writing = nil, false, true
	w.changed.Broadcast()
	w.mu.Unlock()

	err := w.send(pending, p, flush)

	w.mu.Lock()
	w.writing = false
	w.changed.Broadcast()
	if err != nil {
		w.setError(err)
	}
	// After an error net/http may still hold on to the bytes it was given.
	if err == nil && pending != nil {
		w.buffers.Put(&pending)
	}
}

func (w *writer) send(pending, p []byte, flush bool) error {
	w.stall.begin()
	defer w.stall.end()
	for _, bytes := range [...][]byte{pending, p} {
		if len(bytes) == 0 {
			continue
		}
		if _, err := w.next.Write(bytes); err != nil {
			return err
		}
	}
	if !flush {
		return nil
	}
	return w.controller.Flush()
}

// fail ends the stream with err and wakes whoever waits for room.
func (w *writer) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.setError(err)
}

func (w *writer) setError(err error) {
	if w.err == nil {
		w.err = err
	}
	w.pending, w.flush = nil, false
	w.changed.Broadcast()
}

// finish hands everything to net/http that is still pending, and waits for the
// drain goroutine. Where the handler has returned, it leaves the last flush to
// net/http, which flushes then anyway, together with the trailers. After a
// panic net/http does not.
func (w *writer) finish(returned bool) {
	w.mu.Lock()
	for w.err == nil && len(w.pending) > 0 {
		if w.writing {
			w.changed.Wait()
			continue
		}
		w.flush = w.flush && !returned
		w.move(nil)
	}
	for w.draining || w.writing {
		w.changed.Wait()
	}
	w.mu.Unlock()
	w.stall.stop()
}
