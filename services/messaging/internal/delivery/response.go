package delivery

// response is the memory of one response. The zero value has none.
type response struct {
	owner    *Buffers
	limit    int     // bytes of messages it may have
	reserved int     // of the owner's room
	buffer   *buffer // nil where the messages lie in a record of the tail
}

// reserve takes of the room what a response with so many bytes of messages needs,
// instead of what was reserved before.
func (r *response) reserve(size int) {
	if size <= smallResponse {
		size = 0
	}
	r.owner.taken.Add(int64(size - r.reserved))
	r.reserved = size
}

// bytes returns an empty slice with room for so many bytes.
func (r *response) bytes(size int) []byte {
	r.buffer = r.owner.get(size)
	return r.buffer.bytes[:0]
}

// keep says that the slice is used now, and has grown perhaps.
func (r *response) keep(used []byte) { r.buffer.bytes = used[:0] }

// encoded gives back the buffer, but not the room: the encoding takes as much.
func (r *response) encoded() {
	if r.buffer != nil {
		r.owner.put(r.buffer)
		r.buffer = nil
	}
}

// release gives everything back.
func (r *response) release() {
	if r.owner != nil {
		r.encoded()
		r.owner.taken.Add(-int64(r.reserved))
		*r = response{}
	}
}
