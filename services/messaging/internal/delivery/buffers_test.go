package delivery_test

import (
	"testing"

	"github.com/parleyhq/parley/services/messaging/internal/delivery"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

const small = 8 << 10

// backlog opens a source with more messages than the largest response may have.
func backlog(t *testing.T, room int64) (source *delivery.Source, messages uint64) {
	t.Helper()
	source = open(t, room)
	for range 8 {
		var many []store.Message
		for range 1000 {
			many = append(many, storetest.Message("", "a message of some length, of which there are many"))
		}
		publish(t, source, many...)
		messages += uint64(len(many))
	}
	return source, messages
}

func begin(t *testing.T, source *delivery.Source) *delivery.Reader {
	t.Helper()
	reader, err := source.Open(t.Context(), delivery.Request{Topic: "a"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reader.Close)
	return reader
}

func next(t *testing.T, reader *delivery.Reader) delivery.Piece {
	t.Helper()
	piece, err := reader.Next(t.Context())
	if err != nil || piece.Messages == 0 || piece.Bytes != len(piece.Frames) {
		t.Fatalf("%d messages in %d of %d bytes, %v", piece.Messages, len(piece.Frames), piece.Bytes, err)
	}
	return piece
}

// Responses under way become smaller the more there are, also those that are encoded
// already, and never take more together than the room and one small response each.
func TestManyResponses(t *testing.T) {
	t.Parallel()
	source, _ := backlog(t, delivery.LargeBytes)
	total, last := 0, 0
	for i := range 400 {
		reader := begin(t, source)
		last = next(t, reader).Bytes
		total += last
		if i == 0 && last < store.MaxRecordBytes*9/10 {
			t.Errorf("the first response has %d bytes", last)
		}
		if i%2 == 0 {
			reader.Encoded()
		}
	}
	if last > small || total > delivery.LargeBytes+400*small {
		t.Errorf("the last of 400 responses has %d bytes, all have %d", last, total)
	}
}

// A response with few messages keeps little, also where there was room for many: all
// together keep no more than the room and two small responses each.
func TestSmallResponses(t *testing.T) {
	t.Parallel()
	for _, messages := range []int{1, 150, 1200} {
		source := open(t, delivery.LargeBytes)
		for range messages {
			publish(t, source, storetest.Message("", "a message of some length, of which there are many"))
		}
		kept := 0
		for range 1000 {
			kept += cap(next(t, begin(t, source)).Frames)
		}
		if kept > delivery.LargeBytes+1000*2*small {
			t.Errorf("1,000 responses of up to %d messages keep %d bytes", messages, kept)
		}
	}
}

// Readers that wait leave those that do not responses of a good size.
func TestIdleReaders(t *testing.T) {
	t.Parallel()
	source, _ := backlog(t, delivery.LargeBytes)
	for range 2000 {
		begin(t, source)
	}
	if got := next(t, begin(t, source)).Bytes; got < 30<<10 || got > 32<<10 {
		t.Errorf("a response has %d bytes beside 2,000 readers, want up to 32 KiB", got)
	}
	page, err := begin(t, source).Page(t.Context(), 1<<20)
	if err != nil || page.Bytes < store.MaxRecordBytes*9/10 {
		t.Errorf("a page has %d bytes beside 2,000 readers, %v", page.Bytes, err)
	}
}

// What a reader took it gives back, whatever its responses were.
func TestRoomComesBack(t *testing.T) {
	t.Parallel()
	source, messages := backlog(t, delivery.LargeBytes)
	for range 100 {
		reader, err := source.Open(t.Context(), delivery.Request{Topic: "a"})
		if err != nil {
			t.Fatal(err)
		}
		next(t, reader)
		reader.Encoded()
		next(t, reader)
		reader.Close()
	}
	reader := begin(t, source)
	for got := uint64(0); got < messages; {
		piece := next(t, reader)
		if got += piece.Messages; got < messages && piece.Bytes < store.MaxRecordBytes*9/10 {
			t.Fatalf("a response has %d bytes", piece.Bytes)
		}
	}
}

// Where there is no room, responses are small, and nothing is lost by it.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	source, messages := backlog(t, 0)
	reader := begin(t, source)
	for got := uint64(0); got < messages; {
		piece := next(t, reader)
		if piece.Bytes > small {
			t.Fatalf("a response has %d bytes", piece.Bytes)
		}
		got += piece.Messages
	}
}
