// Package feed is the clients that publish messages to the measured servers and
// receive them: each as its makers mean it to be used, all behind one interface,
// so that one trial drives every server alike.
//
// Nothing here measures. Every message says when it was made; see [Payload].
package feed
