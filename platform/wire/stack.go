package wire

import "net/http"

// stackReserve is what a call needs of its goroutine's stack, interceptors and
// decoding included, rounded up so that the stack becomes 16 KiB: the largest
// size that the runtime keeps in a cache of each processor.
const stackReserve = 9 << 10

// ReserveStack returns a handler that grows the goroutine's stack once, before there
// is much on it, and calls next. net/http's HTTP/2 server starts a goroutine for
// each request, with a stack of 2 to 4 KiB. A call runs 40 functions deep and
// would grow that two or three times, copying and adjusting every frame.
func ReserveStack(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		touchStack(0)
		next.ServeHTTP(w, r)
	})
}

// touchStack has a frame of stackReserve bytes, which the runtime makes room for
// when it is called; with n = 0 it does nothing else.
//
//go:noinline
func touchStack(n int) byte {
	if n == 0 {
		return 0
	}
	var frame [stackReserve]byte
	for i := range frame[:n] {
		frame[i] = byte(i)
	}
	return frame[n-1]
}
