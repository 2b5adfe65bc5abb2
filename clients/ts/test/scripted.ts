// A server in this process that says what a test tells it to: for endings and
// timings that the real server does not produce on demand. tests/node has the
// tests against that one.
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createRouterTransport, type Transport } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "../../../gen/es/google/rpc/error_details_pb.js";
import { MessageService } from "../../../gen/es/parley/messaging/v1/message_service_pb.js";
import type { PublishRequest } from "../../../gen/es/parley/messaging/v1/publish_pb.js";
import { SubscribeResponseSchema, type SubscribeRequest, type SubscribeResponse } from "../../../gen/es/parley/messaging/v1/read_pb.js";

/** One Subscribe call as the server lives it. The signal is aborted when the client has gone. */
export type Script = (request: SubscribeRequest, signal: AbortSignal) => AsyncIterable<SubscribeResponse>;

/** Serves the scripts to one call after the other, the last one to all later ones. */
export function serve(...scripts: Script[]): { transport: Transport; requests: SubscribeRequest[] } {
  const requests: SubscribeRequest[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(MessageService, {
      subscribe: (request, context) => {
        requests.push(request);
        return scripts[Math.min(requests.length, scripts.length) - 1]!(request, context.signal);
      },
    });
  });
  return { transport, requests };
}

/** Serves Publish with a function, attempt by attempt. */
export function servePublish(answer: (request: PublishRequest, attempt: number) => void): Transport {
  let attempt = 0;
  return createRouterTransport(({ service }) => {
    service(MessageService, {
      publish: (request) => {
        answer(request, ++attempt);
        return { receipt: { firstSequence: 1n, lastSequence: BigInt(request.messages.length) } };
      },
    });
  });
}

/** A response with the messages of these sequences, and the cursor after them. */
export function batch(...sequences: number[]): SubscribeResponse {
  const last = BigInt(sequences.at(-1) ?? 0);
  return create(SubscribeResponseSchema, {
    messages: sequences.map((sequence) => ({ sequence: BigInt(sequence) })),
    cursor: { epoch: "e", sequence: last },
    lastSequence: last,
    heartbeatInterval: durationFromMs(400),
  });
}

/** An error as Parley's server sends it. */
export function parleyError(code: Code, reason: string, retryMs?: number): ConnectError {
  const details = [{ desc: ErrorInfoSchema, value: { domain: "parley", reason } }];
  const retry = retryMs === undefined ? [] : [{ desc: RetryInfoSchema, value: { retryDelay: durationFromMs(retryMs) } }];
  return new ConnectError("scripted", code, undefined, [...details, ...retry]);
}

/** Says nothing until the client has gone. */
export async function silence(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
}
