import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { MessageService } from "../../../gen/es/parley/messaging/v1/message_service_pb.js";
import type { SubscribeRequestSchema, SubscribeResponse } from "../../../gen/es/parley/messaging/v1/read_pb.js";
import { onWake } from "./wake.js";

/**
 * One Subscribe call, response by response, each read when it is asked for. It
 * fails with UNAVAILABLE once nothing has come for twice the heartbeat interval,
 * and when the network was away.
 */
export async function* responses(
  transport: Transport,
  request: MessageInitShape<typeof SubscribeRequestSchema>,
  heartbeatMs: number,
  signal?: AbortSignal,
): AsyncGenerator<SubscribeResponse, void, undefined> {
  const call = new AbortController();
  const abort = () => call.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  let patience = 2 * heartbeatMs;
  let heard = 0; // since when a read waits, 0 while none does
  const lost = (why: string) => call.abort(new ConnectError(why, Code.Unavailable));
  const silent = () => lost(`the server was silent for ${patience / 1000} s`);
  const stopWaking = onWake((why) => {
    if (why === "online") lost("the network was away");
    else if (heard && Date.now() - heard > patience) silent(); // timers stand still while a computer sleeps
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    if (signal?.aborted) abort();
    // A stream has no deadline, whatever the transport's default is.
    const stream = createClient(MessageService, transport).subscribe(request, { signal: call.signal, timeoutMs: 0 });
    const iterator = stream[Symbol.asyncIterator]();
    for (;;) {
      heard = Date.now();
      timer = setTimeout(silent, patience);
      const { done, value } = await orAbort(iterator.next(), call.signal);
      clearTimeout(timer); // whoever handles the response may take any time
      heard = 0;
      if (done) return;
      if (value.heartbeatInterval) patience = 2 * durationMs(value.heartbeatInterval);
      yield value;
    }
  } finally {
    clearTimeout(timer);
    stopWaking();
    signal?.removeEventListener("abort", abort);
    call.abort();
  }
}

/** Settles as the promise does, or fails at once when the signal is aborted. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
