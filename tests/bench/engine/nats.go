package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

var errNATS = errors.New("nats-server is not ready for connections")

// startNATS runs nats-server with JetStream, which stores in the working
// directory; core NATS is the same server. Everything else is as it comes: a
// stream's files are synced every two minutes. With syncAlways they are synced
// before each acknowledgement.
func startNATS(syncAlways bool) (running, error) {
	nats, err := server.NewServer(&server.Options{
		ServerName: "bench",
		Host:       "127.0.0.1",
		Port:       server.RANDOM_PORT,
		NoLog:      true,
		NoSigs:     true, // this program's own context ends it
		JetStream:  true,
		StoreDir:   ".",
		SyncAlways: syncAlways,
	})
	if err != nil {
		return running{}, fmt.Errorf("configure nats-server: %w", err)
	}
	nats.Start()
	stop := func() error {
		nats.Shutdown()
		nats.WaitForShutdown()
		return nil
	}
	if !nats.ReadyForConnections(10 * time.Second) {
		return running{}, errors.Join(errNATS, stop())
	}
	return running{url: nats.ClientURL(), stop: stop}, nil
}
