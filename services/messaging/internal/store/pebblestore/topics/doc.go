// Package topics is what the embedded engine knows of its topics without their records:
// the durable state of each ([Topic]), reading it all when a store is opened ([Load]), and
// new epochs after a loss of data or for a copy ([Renewal]).
package topics
