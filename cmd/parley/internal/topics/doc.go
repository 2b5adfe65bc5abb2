// Package topics is `parley topic`: it creates, lists, shows, changes and deletes
// topics, and removes their messages.
package topics
