// @parleyhq/client: what raw stubs leave to do for whoever reads a topic for days
// or publishes over a connection that may break.
export { formatCursor, parseCursor } from "./cursor.js";
export { publish, type PublishOptions } from "./publish.js";
export type { StartAt } from "./start.js";
export { subscribe, type ConnectionState, type GapEvent, type MessagesEvent, type SubscribeOptions, type TopicEvent } from "./subscribe.js";
