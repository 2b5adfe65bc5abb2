// Package translate turns what the service knows into what its callers see:
// topics, receipts, gaps and errors. Its functions are pure.
//
// [Explain] is the one place where the store's errors meet codes and reasons.
package translate
