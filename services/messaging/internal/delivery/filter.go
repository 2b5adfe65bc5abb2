package delivery

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parleyhq/parley/services/messaging/internal/frame"
)

// fieldKey is Message.key.
const fieldKey = protowire.Number(4)

// filter chooses messages by key without decoding them. Empty: all.
type filter map[string]struct{}

func newFilter(keys []string) filter {
	if len(keys) == 0 {
		return nil
	}
	f := make(filter, len(keys))
	for _, key := range keys {
		f[key] = struct{}{}
	}
	return f
}

// choose appends to kept the frames that pass, at most limit bytes of them or
// one frame. It returns how many frames it looked at, and how many it kept.
func (f filter) choose(kept, frames []byte, limit int) (out []byte, looked, chosen uint64, err error) {
	for len(frames) > 0 {
		message, size, err := frame.Next(frames)
		if err != nil {
			return kept, looked, chosen, err
		}
		key, err := keyOf(message)
		if err != nil {
			return kept, looked, chosen, err
		}
		if _, wanted := f[string(key)]; wanted {
			if len(kept) > 0 && len(kept)+size > limit {
				break
			}
			kept = append(kept, frames[:size]...)
			chosen++
		}
		looked++
		frames = frames[size:]
	}
	return kept, looked, chosen, nil
}

// keyOf returns the key of an encoded message, which it aliases.
func keyOf(message []byte) (key []byte, err error) {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil, fmt.Errorf("read field tag: %w", frame.ErrMalformed)
		}
		size := protowire.ConsumeFieldValue(number, kind, message[n:])
		if size < 0 {
			return nil, fmt.Errorf("read field %d: %w", number, frame.ErrMalformed)
		}
		if number == fieldKey && kind == protowire.BytesType {
			key, _ = protowire.ConsumeBytes(message[n:])
		}
		message = message[n+size:]
	}
	return key, nil
}
