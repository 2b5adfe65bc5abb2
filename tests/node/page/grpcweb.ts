// Google's gRPC-Web client, in the page where it belongs: it needs XMLHttpRequest.
// The browser test calls what hangs on `parley`.
import { create, fromBinary, fromJsonString, toBinary, toJsonString, type DescMessage } from "@bufbuild/protobuf";
import { GrpcWebClientBase, MethodDescriptor, MethodType, type ClientReadableStream, type RpcError } from "grpc-web";
import { PublishRequestSchema, PublishResponseSchema } from "../../../gen/es/parley/messaging/v1/publish_pb.js";
import { SubscribeRequestSchema, SubscribeResponseSchema } from "../../../gen/es/parley/messaging/v1/read_pb.js";
import * as unary from "../../../gen/es/parley/unary/v1/unary_pb.js";

/** Google's two modes: base64, and binary. */
export type Format = "text" | "binary";

/** What a call brought, in the order it came. */
export interface Outcome {
  messages: string[];
  metadata: Record<string, string>;
  /** The trailers of a call that went well. */
  trailers: Record<string, string>;
  error?: { code: number; message: string; metadata: Record<string, string> };
}

const untyped = Object as unknown as new (...args: unknown[]) => any;

const ask = new MethodDescriptor<any, any>(
  "/parley.unary.v1.UnaryService/GetServerResponse",
  MethodType.UNARY,
  untyped,
  untyped,
  (message: string) => toBinary(unary.GetServerResponseRequestSchema, create(unary.GetServerResponseRequestSchema, { message })),
  (bytes: Uint8Array) => fromBinary(unary.GetServerResponseResponseSchema, bytes).message,
);

// Answers at once and then stays open. Its messages are small enough to be
// written out: no request field set; field 1 of the response is the status.
const watch = new MethodDescriptor<any, any>(
  "/grpc.health.v1.Health/Watch",
  MethodType.SERVER_STREAMING,
  untyped,
  untyped,
  () => new Uint8Array(),
  (bytes: Uint8Array) => ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"][bytes[1] ?? 0],
);

// Requests and responses of these two are JSON to the test, binary on the wire.
function messaging(name: string, type: string, input: DescMessage, output: DescMessage) {
  return new MethodDescriptor<any, any>(
    `/parley.messaging.v1.MessageService/${name}`,
    type,
    untyped,
    untyped,
    (json: string) => toBinary(input, fromJsonString(input, json)),
    (bytes: Uint8Array) => toJsonString(output, fromBinary(output, bytes)),
  );
}

const publish = messaging("Publish", MethodType.UNARY, PublishRequestSchema, PublishResponseSchema);
const subscribe = messaging("Subscribe", MethodType.SERVER_STREAMING, SubscribeRequestSchema, SubscribeResponseSchema);

const methods = { ask, watch, publish, subscribe };

/** What a call is told besides its message. */
export interface Options {
  requestId?: string;
  /** In milliseconds. */
  timeout?: number;
  /** Cancel after so many messages. */
  cancelAfter?: number;
}

function call(server: string, format: Format, name: keyof typeof methods, message: string, options: Options = {}): Promise<Outcome> {
  const client = new GrpcWebClientBase({ format });
  const outcome: Outcome = { messages: [], metadata: {}, trailers: {} };
  parley.latest = outcome;
  const metadata: Record<string, string> = {};
  if (options.requestId) metadata["X-Request-Id"] = options.requestId;
  if (options.timeout) metadata["deadline"] = String(Date.now() + options.timeout);
  const method = methods[name];
  const path = server + method.getName();
  const isUnary = name === "ask" || name === "publish";
  return new Promise((resolve) => {
    const fail = ({ code, message, metadata }: RpcError) => {
      outcome.error = { code, message, metadata };
      resolve(outcome);
    };
    const receive = (data: string) => {
      outcome.messages.push(data);
      if (outcome.messages.length === options.cancelAfter) {
        stream.cancel();
        resolve(outcome);
      }
    };
    const stream: ClientReadableStream<any> =
      isUnary
        ? client.rpcCall(path, message, metadata, method, (error, response) => {
            if (error) return fail(error);
            receive(response);
            resolve(outcome);
          })
        : client.serverStreaming(path, message, metadata, method).on("data", receive).on("error", fail);
    stream.on("metadata", (head) => (outcome.metadata = { ...head }));
    stream.on("status", (status) => (outcome.trailers = { ...status.metadata }));
    if (!isUnary) stream.on("end", () => resolve(outcome));
  });
}

/** What the test finds in the page. `latest` is of the call made last, and grows while it runs. */
const parley = { call, latest: undefined as Outcome | undefined };
Object.assign(globalThis, { parley });
