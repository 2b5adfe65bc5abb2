package jsonscan

import (
	"bytes"
	"encoding/json"
)

// Scanner is a place in a JSON text. Its methods that report false have met
// something else than they were to step over, and leave the place undefined.
type Scanner struct {
	data []byte
	pos  int
}

// New returns a scanner at the beginning of a text, which it never changes.
func New(data []byte) *Scanner { return &Scanner{data: data} }

// Pos is the number of bytes before the place.
func (s *Scanner) Pos() int { return s.pos }

// Peek returns the next byte that is no space, and 0 at the end of the text. It
// steps over the spaces.
func (s *Scanner) Peek() byte {
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// Take steps over a byte, not 0, if it is next, and reports whether it was.
func (s *Scanner) Take(c byte) bool {
	if s.Peek() != c {
		return false
	}
	s.pos++
	return true
}

// String steps over a string and returns it with its quotes, as it is written.
func (s *Scanner) String() (raw []byte, ok bool) {
	if s.Peek() != '"' {
		return nil, false
	}
	begin := s.pos
	content := s.data[begin+1:]
	if end := bytes.IndexByte(content, '"'); end >= 0 && bytes.IndexByte(content[:end], '\\') < 0 {
		s.pos += end + 2 // almost every string
		return s.data[begin:s.pos], true
	}
	for s.pos++; s.pos < len(s.data); s.pos++ {
		switch s.data[s.pos] {
		case '\\':
			s.pos++
		case '"':
			s.pos++
			return s.data[begin:s.pos], true
		}
	}
	return nil, false
}

// Name steps over the name of an object's entry and the colon after it.
func (s *Scanner) Name() (name string, ok bool) {
	raw, ok := s.String()
	if !ok || !s.Take(':') {
		return "", false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), true
	}
	return name, json.Unmarshal(raw, &name) == nil
}

// Skip steps over a value, however deep.
func (s *Scanner) Skip() bool {
	for depth := 0; ; {
		switch c := s.Peek(); c {
		case '"':
			if _, ok := s.String(); !ok {
				return false
			}
		case '{', '[':
			depth++
			s.pos++
		case '}', ']':
			depth--
			s.pos++
		case ',', ':':
			s.pos++
			if depth > 0 {
				continue
			}
			return false
		case 0:
			return false
		default:
			s.word()
		}
		if depth <= 0 {
			return depth == 0
		}
	}
}

// word steps over a number, true, false, null or anything else in one piece.
func (s *Scanner) word() {
	for ; s.pos < len(s.data); s.pos++ {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n', ',', ':', '"', '{', '}', '[', ']':
			return
		}
	}
}

// Object steps over an object and calls each behind each name, to step over the
// value. It stops where each reports false.
func (s *Scanner) Object(each func(name string) bool) bool {
	if !s.Take('{') {
		return false
	}
	if s.Take('}') {
		return true
	}
	for {
		name, ok := s.Name()
		if !ok || !each(name) {
			return false
		}
		if !s.Take(',') {
			return s.Take('}')
		}
	}
}

// Array steps over an array and calls each before each element, to step over it. It
// stops where each reports false.
func (s *Scanner) Array(each func(index int) bool) bool {
	if !s.Take('[') {
		return false
	}
	if s.Take(']') {
		return true
	}
	for i := 0; ; i++ {
		if !each(i) {
			return false
		}
		if !s.Take(',') {
			return s.Take(']')
		}
	}
}
