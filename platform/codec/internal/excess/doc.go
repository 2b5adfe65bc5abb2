// Package excess takes out of large requests what is beyond the limits of their
// schema, before it is decoded.
//
// Two million empty messages fit into 4 MiB. To decode them takes hundreds of
// megabytes and to check them seconds, all to say that a list may have a thousand.
// Of a list with `repeated.max_items` in its rules, what is left is one element more
// than that: a request with so many is refused by the rules of its schema, in the same
// words, and at little cost. A list without such a rule is left as it is, but for
// the paths of a field mask, of which there may be [MaxPaths].
//
// What is taken out is not looked at: it may have been wrong in other ways too.
package excess
