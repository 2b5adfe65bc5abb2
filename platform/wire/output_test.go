package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

const ack = pingAck + "12345678"

func put(t *testing.T, o *output, conn net.Conn, text string, hold bool) {
	t.Helper()
	if n, err := o.write(conn, []byte(text), hold); n != len(text) || err != nil {
		t.Errorf("writing %d bytes: %d, %v", len(text), n, err)
	}
}

// TestAckOrder holds that nothing is lost, doubled or overtaken, whoever writes an
// acknowledgement in the end.
func TestAckOrder(t *testing.T) {
	t.Parallel()
	client, server := net.Pipe()
	t.Cleanup(func() { _ = client.Close() })
	const rounds = 2000
	var o output
	go func() {
		for range rounds {
			put(t, &o, server, ack, true)
			put(t, &o, server, "answer", true)
			put(t, &o, server, ack, true)
			put(t, &o, server, ack, true)
		}
		o.release(server)
		_ = server.Close()
	}()
	got, err := io.ReadAll(client)
	if err != nil {
		t.Fatal(err)
	}
	if want := bytes.Repeat([]byte(ack+"answer"+ack+ack), rounds); !bytes.Equal(got, want) {
		t.Errorf("%d bytes arrived that are not the %d written", len(got), len(want))
	}
}

// TestAckLeaves holds that an acknowledgement needs no further write to leave, and
// is written at once where no answer can follow.
func TestAckLeaves(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]bool{"held back": true, "at once": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, server := net.Pipe()
				var o output
				returned := make(chan struct{})
				go func() {
					put(t, &o, server, ack, hold)
					close(returned)
				}()
				synctest.Wait()
				select {
				case <-returned:
					if !hold {
						t.Error("the write returned before anybody read")
					}
				default:
					if hold {
						t.Error("the write waits for the peer")
					}
				}
				got := make([]byte, len(ack))
				if _, err := io.ReadFull(client, got); err != nil || string(got) != ack {
					t.Errorf("read %q, %v", got, err)
				}
				<-returned
			})
		})
	}
}

// TestAckFails holds that a peer who does not take an acknowledgement ends the
// connection as one who takes no answer does: by the deadline of the next write.
func TestAckFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, server := net.Pipe()
		var o output
		put(t, &o, server, ack, true)
		synctest.Wait() // it is being written
		if err := server.SetWriteDeadline(time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if n, err := o.write(server, []byte("answer"), true); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %d, %v; want a passed deadline", n, err)
			}
		}
	})
}
