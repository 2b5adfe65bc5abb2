import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { MessageSchema } from "../../../gen/es/parley/messaging/v1/message_pb.js";
import { MessageService } from "../../../gen/es/parley/messaging/v1/message_service_pb.js";
import { type PublishRequestSchema } from "../../../gen/es/parley/messaging/v1/publish_pb.js";
import type { Receipt } from "../../../gen/es/parley/messaging/v1/receipt_pb.js";
import { Backoff } from "./backoff.js";
import { retryable } from "./failure.js";

// A call that hangs on a dead connection leaves time for another one.
const attemptMs = 20_000;

/** How long to go on trying. */
export interface PublishOptions {
  /**
   * The time for all attempts together, in milliseconds. Keep it below the topic's
   * de-duplication window, or a late attempt may store the batch again. Default:
   * 60,000.
   */
  timeoutMs?: number | undefined;
  /** Gives up at once. What was sent may be stored all the same. */
  signal?: AbortSignal | undefined;
}

/**
 * Publishes one batch and repeats the call where the connection broke, where there
 * was no answer for 20 s, or where the server asks to. It stores the batch once: a
 * message without an `id` gets one. In a topic that remembers no ids, because its
 * de-duplication window is 0, a repeated call can store the batch twice.
 *
 * Throws the last `ConnectError` when the time is over, and any error that another
 * attempt would only repeat at once. To try again later without storing the batch
 * twice, give the messages ids of your own and use the same ones.
 */
export async function publish(
  transport: Transport,
  batch: MessageInitShape<typeof PublishRequestSchema>,
  { timeoutMs = 60_000, signal }: PublishOptions = {},
): Promise<Receipt> {
  const messages = (batch.messages ?? []).map((init) => {
    const message = create(MessageSchema, init);
    return { ...message, id: message.id || randomId() };
  });
  const client = createClient(MessageService, transport);
  const backoff = new Backoff();
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      const call = { timeoutMs: Math.max(1, Math.min(attemptMs, end - Date.now())), ...(signal && { signal }) };
      const { receipt } = await client.publish({ ...batch, messages }, call);
      return receipt!; // the contract sets it always
    } catch (thrown) {
      const error = ConnectError.from(thrown);
      const delay = backoff.next(error);
      if (signal?.aborted || !retryable(error) || Date.now() + delay >= end) throw error;
      await backoff.wait(delay, error, signal);
    }
  }
}

// crypto.randomUUID exists only where the page came over HTTPS or from this machine.
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
