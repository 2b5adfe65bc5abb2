// Package bench is `parley bench`: it runs the workloads of package load against a
// server and prints what they measure.
package bench
