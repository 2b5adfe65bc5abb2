import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import type { Message } from "../../../gen/es/parley/messaging/v1/message_pb.js";
import { CursorSchema, type Cursor, type Gap } from "../../../gen/es/parley/messaging/v1/position_pb.js";
import type { SubscribeResponse } from "../../../gen/es/parley/messaging/v1/read_pb.js";
import { Backoff } from "./backoff.js";
import { retryable } from "./failure.js";
import { toStart, type StartAt } from "./start.js";
import { responses } from "./stream.js";

/** What to read, and what to tell about the connection. */
export interface SubscribeOptions {
  /** The topic's name. */
  topic: string;
  /** Where to begin. Default: at the oldest message stored. */
  start?: StartAt | undefined;
  /** Deliver only messages with one of these keys, at most 100. Default: all. */
  keys?: string[] | undefined;
  /** End when everything there is has been delivered. Default: go on with what is published later. */
  stopAtHead?: boolean | undefined;
  /**
   * The longest silence of the server, 1,000 to 300,000 ms. After twice as long the
   * stream counts as dead. Default: 15,000.
   */
  heartbeatMs?: number | undefined;
  /** Ends the iteration at once, without an error. */
  signal?: AbortSignal | undefined;
  /** Is told of every change of the connection, synchronously. */
  onState?: ((state: ConnectionState) => void) | undefined;
}

/** Where the connection stands. While it waits, `error` says why, and `delayMs` for how long at most. */
export type ConnectionState =
  | { phase: "connecting" }
  | { phase: "connected" }
  | { phase: "waiting"; error: ConnectError; delayMs: number };

/**
 * The next messages, in ascending sequence. Without messages, only the cursor has
 * moved: at the start, and past messages that the keys leave out.
 */
export interface MessagesEvent {
  type: "messages";
  messages: Message[];
  /** The place after them: store it once they are handled. */
  cursor: Cursor;
  /** The topic's last sequence at that time: how far there is to go. */
  lastSequence: bigint;
}

/** What should have come next cannot be delivered any more; `gap` says why. */
export interface GapEvent {
  type: "gap";
  gap: Gap;
  /** The place after what is missing. */
  cursor: Cursor;
  /** The topic's last sequence at that time. */
  lastSequence: bigint;
}

/** One step of a subscription. */
export type TopicEvent = MessagesEvent | GapEvent;

const defaultHeartbeatMs = 15_000;

/**
 * Follows a topic: history, then what is published, over as many streams as it
 * takes. Each message comes once and in order, or a gap says what is missing.
 *
 * A stream that breaks, falls silent, or ends without `stopAtHead` is started again after the last event,
 * at first at once and then after ever longer waits, up to 15 s, or when RetryInfo
 * says; a page that becomes visible or online does not wait. An error that another
 * attempt would only repeat is thrown as a `ConnectError`.
 *
 * Nothing is read ahead of the loop but what fits the transport's buffers. Nothing
 * is sent before the first event is asked for. Leaving the loop ends the call.
 */
export async function* subscribe(
  transport: Transport,
  options: SubscribeOptions,
): AsyncGenerator<TopicEvent, void, undefined> {
  let cursor: Cursor | undefined;
  for await (const response of resumed(transport, options)) {
    for (const event of events(response)) {
      if (event.type === "messages" && event.messages.length === 0 && same(event.cursor, cursor)) continue;
      cursor = event.cursor;
      yield event;
      if (options.signal?.aborted) return;
    }
  }
}

/** The responses of one stream after the other, until the head, an abort or an error. */
async function* resumed(transport: Transport, options: SubscribeOptions): AsyncGenerator<SubscribeResponse, void, undefined> {
  const { topic, keys = [], stopAtHead = false, heartbeatMs = defaultHeartbeatMs, signal, onState } = options;
  const request = { topic, keys, stopAtHead, heartbeatInterval: durationFromMs(heartbeatMs), start: toStart(options.start) };
  const backoff = new Backoff();
  while (!signal?.aborted) {
    onState?.({ phase: "connecting" });
    const stream = responses(transport, request, heartbeatMs, signal);
    let error: ConnectError | undefined;
    try {
      for (let first = true; ; first = false) {
        // Only what the stream throws is a reason to try again, not what onState does.
        const next = await stream.next().catch((thrown: unknown) => ConnectError.from(thrown));
        if (next instanceof ConnectError) error = next;
        else if (next.done && !stopAtHead) error = new ConnectError("the stream was ended", Code.Unavailable);
        if (next instanceof ConnectError || next.done) break;
        if (first) backoff.answered();
        if (first) onState?.({ phase: "connected" });
        if (next.value.cursor) request.start = toStart({ after: next.value.cursor });
        yield next.value;
      }
    } finally {
      await stream.return();
    }
    if (!error || signal?.aborted) return;
    if (!retryable(error)) throw error;
    const delayMs = backoff.next(error);
    onState?.({ phase: "waiting", error, delayMs });
    await backoff.wait(delayMs, error, signal);
  }
}

/** Takes a response apart: a gap stands before the messages. */
function* events({ gap, messages, cursor, lastSequence }: SubscribeResponse): Generator<TopicEvent> {
  if (!cursor) return; // the contract sets it always
  if (gap) {
    const after = create(CursorSchema, { epoch: cursor.epoch, sequence: gap.resumedAt - 1n });
    yield { type: "gap", gap, cursor: after, lastSequence };
  }
  yield { type: "messages", messages, cursor, lastSequence };
}

function same(a: Cursor, b: Cursor | undefined): boolean {
  return a.epoch === b?.epoch && a.sequence === b.sequence;
}
