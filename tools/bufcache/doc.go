// Command bufcache fills buf's module cache from the Go module proxy where the
// Buf Schema Registry does not answer: in an air-gapped company, in CI without
// internet, behind a strict firewall.
//
// For each dependency in buf.lock it does nothing when the cache already holds
// it, nothing when the registry answers (buf then downloads it by itself), and
// otherwise builds the cache entry from the Go module that carries the same
// files. The entry must have the digest that buf.lock names, so a wrong file
// can never reach the cache. docs/adr/0005-buf-offline.md says why.
package main
