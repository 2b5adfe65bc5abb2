package main

import (
	"crypto/sha3"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// b5 is buf's digest of a module without dependencies: the SHAKE256 of the
// digest of a manifest that has one line per file, sorted by path.
func b5(files map[string][]byte) string {
	var manifest strings.Builder
	for _, path := range slices.Sorted(maps.Keys(files)) {
		manifest.WriteString("shake256:" + shake256(files[path]) + "  " + path + "\n")
	}
	return "b5:" + shake256([]byte("shake256:"+shake256([]byte(manifest.String()))))
}

func shake256(data []byte) string {
	return hex.EncodeToString(sha3.SumSHAKE256(data, 64))
}
