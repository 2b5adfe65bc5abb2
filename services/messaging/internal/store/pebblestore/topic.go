package pebblestore

import (
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/dedup"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/topics"
)

// topic is a topic with what the committer keeps of it, which nobody else may touch.
type topic struct {
	*topics.Topic

	// ids is nil until the first id is looked up.
	ids     *dedup.Index
	idsFrom uint64        // no ids are stored for records before this sequence
	idsUsed time.Duration // age of the store when ids was last used
}
