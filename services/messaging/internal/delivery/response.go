package delivery

// response is the memory of one response. The zero value has none.
type response struct {
	owner    *Buffers
	limit    int     // bytes of messages it may have
	size     int     // bytes of messages it has
	reserved int     // of the owner's room
	buffer   *buffer // nil where the messages lie in a record of the tail
}

// reserve takes so many bytes of the room, instead of what was reserved before.
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
	r.reserve(cap(r.buffer.bytes))
	return r.buffer.bytes[:0]
}

// keep says that the slice is used now, and has grown perhaps.
func (r *response) keep(used []byte) { r.buffer.bytes = used[:0] }

// settle says what the response has: it is kept as long as a client does not read, so
// it moves out of a buffer that is much too large for it.
func (r *response) settle(messages []byte) []byte {
	r.size = len(messages)
	if r.buffer == nil {
		r.reserve(r.size)
		return messages
	}
	if large := r.buffer; cap(large.bytes) > 2*capacity(r.size) {
		messages = append(r.bytes(r.size), messages...)
		r.owner.put(large)
	}
	r.reserve(cap(r.buffer.bytes))
	return messages
}

// encoded gives back the buffer, and keeps the room that the encoding takes.
func (r *response) encoded() {
	if r.buffer != nil {
		r.owner.put(r.buffer)
		r.buffer = nil
		r.reserve(r.size)
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
