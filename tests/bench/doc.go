// Command bench measures Parley side by side with other servers.
//
// Every server is a process of its own and is driven by the same client, in
// this process, on the same cores. Rounds of Parley and of the other server
// alternate, so that what else the machine does meets both; the ratios of
// neighbouring rounds are what to trust, and the report has their median and
// extremes.
//
// The program is a module outside the workspace: what Parley is compared with
// never becomes a dependency of Parley.
//
// # Adding a row
//
// A row is a [workload] in workloads.go: two sides, each an engine and a load,
// and the figure to compare. An engine is a command that logs a line of JSON
// with msg "serving" and its url (package engine); a load drives such a url for
// a while and returns a sample (package load).
package main
