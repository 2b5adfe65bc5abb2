package frame

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrMalformed says that bytes are not a run of frames.
var ErrMalformed = errors.New("malformed frame")

// Next returns the message of the first frame of run, and the size of that
// frame. The message aliases run. It fails with ErrMalformed, also on an empty
// run.
func Next(run []byte) (message []byte, size int, err error) {
	number, kind, n := protowire.ConsumeTag(run)
	if n < 0 || number != FieldMessages || kind != protowire.BytesType {
		return nil, 0, fmt.Errorf("read tag: %w", ErrMalformed)
	}
	message, m := protowire.ConsumeBytes(run[n:])
	if m < 0 {
		return nil, 0, fmt.Errorf("read length: %w", ErrMalformed)
	}
	return message, n + m, nil
}

// Skip returns the size of the first count frames of run. It fails with
// ErrMalformed where run holds fewer.
func Skip(run []byte, count uint64) (int, error) {
	offset := 0
	for range count {
		_, n, err := Next(run[offset:])
		if err != nil {
			return 0, err
		}
		offset += n
	}
	return offset, nil
}

// Fit returns how many whole frames of run, at most count, take up at most
// limit bytes, and their size. The first frame always fits.
func Fit(run []byte, count uint64, limit int) (frames uint64, size int, err error) {
	for frames < count {
		_, n, err := Next(run[size:])
		if err != nil {
			return 0, 0, err
		}
		if frames > 0 && size+n > limit {
			break
		}
		size += n
		frames++
	}
	return frames, size, nil
}

// Sequence returns the sequence a message carries; where the field occurs more
// than once the last one counts, as in protobuf. It fails with ErrMalformed.
func Sequence(message []byte) (uint64, error) {
	var sequence uint64
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return 0, fmt.Errorf("read field tag: %w", ErrMalformed)
		}
		message = message[n:]
		if number == FieldSequence && kind == protowire.VarintType {
			v, n := protowire.ConsumeVarint(message)
			if n < 0 {
				return 0, fmt.Errorf("read sequence: %w", ErrMalformed)
			}
			sequence, message = v, message[n:]
			continue
		}
		if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
			return 0, fmt.Errorf("read field %d: %w", number, ErrMalformed)
		}
		message = message[n:]
	}
	return sequence, nil
}
