// Package storetest is the contract of store.Store as tests. An engine passes a
// factory to Run.
package storetest
