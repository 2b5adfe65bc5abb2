// Package servertest serves services in their own tests, the way they are
// served in production: behind the whole interceptor chain, over real HTTP.
//
// [Start] serves them inside the test's process; [Server.Connect] gives the
// generated clients what they call it with. [Command] builds a service's own
// command and runs it as a process.
//
// Everything ends with the test: what was started is drained, and the test
// fails if that does not end well.
package servertest
