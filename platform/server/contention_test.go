package server_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"sync"
	"testing"
)

// TestContention takes profiles of goroutines that wait for a lock all the time.
func TestContention(t *testing.T) {
	t.Parallel()
	built, stop := start(t, nil)
	var (
		lock  sync.Mutex
		ended = make(chan struct{})
		group sync.WaitGroup
	)
	for range 4 {
		group.Go(func() { contend(&lock, ended) })
	}
	for _, profile := range []string{"mutex", "block"} {
		_, body := get(t, "http://"+built.AdminAddr()+"/debug/pprof/"+profile)
		packed, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Fatalf("%s: %v in %.80q", profile, err, body)
		}
		plain, err := io.ReadAll(packed)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(plain, []byte("server_test.contend")) {
			t.Errorf("%s: the profile does not name those who contend", profile)
		}
	}
	close(ended)
	group.Wait()
	if err := stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
}

func contend(lock *sync.Mutex, ended <-chan struct{}) {
	sum := 0
	for {
		select {
		case <-ended:
			return
		default:
		}
		lock.Lock()
		for i := range 10_000 {
			sum += i
		}
		lock.Unlock()
	}
}
