package delivery

import (
	"time"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// defaultHeartbeat is the longest silence of a stream that asks for none.
const defaultHeartbeat = 15 * time.Second

// Heartbeat returns the longest silence that a valid request asks for.
func Heartbeat(req *messagingv1.SubscribeRequest) time.Duration {
	if interval := req.GetHeartbeatInterval(); interval != nil {
		return interval.AsDuration()
	}
	return defaultHeartbeat
}
