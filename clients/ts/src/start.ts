import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { StartSchema, type Cursor, type Start } from "../../../gen/es/parley/messaging/v1/position_pb.js";

/**
 * Where reading begins, as `parley.messaging.v1.Start` defines it: the oldest
 * message stored, the topic's end, the message with a sequence, what follows a
 * cursor, the first message not before a time, or the newest N messages.
 */
export type StartAt =
  | { earliest: true }
  | { end: true }
  | { sequence: bigint | number }
  | { after: Cursor }
  | { time: Date }
  | { last: number };

/** Translates to the contract's form. Nothing given is the oldest message. */
export function toStart(at: StartAt = { earliest: true }): Start {
  return create(StartSchema, { position: position(at) });
}

function position(at: StartAt): Exclude<Start["position"], { case: undefined }> {
  if ("end" in at) return { case: "end", value: true };
  if ("sequence" in at) return { case: "sequence", value: BigInt(at.sequence) };
  if ("after" in at) return { case: "after", value: at.after };
  if ("time" in at) return { case: "time", value: timestampFromDate(at.time) };
  if ("last" in at) return { case: "last", value: at.last };
  return { case: "earliest", value: true };
}
