// Google's gRPC-Web client, in the page where it belongs: it needs XMLHttpRequest.
// The browser test calls what hangs on `parley`.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { GrpcWebClientBase, MethodDescriptor, MethodType, type ClientReadableStream, type RpcError } from "grpc-web";
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

const methods = { ask, watch };

/** What a call is told besides its message. */
export interface Options {
  requestId?: string;
  /** In milliseconds. */
  timeout?: number;
  /** Cancel after the first message. */
  cancel?: boolean;
}

function call(server: string, format: Format, name: keyof typeof methods, message: string, options: Options = {}): Promise<Outcome> {
  const client = new GrpcWebClientBase({ format });
  const outcome: Outcome = { messages: [], metadata: {}, trailers: {} };
  const metadata: Record<string, string> = {};
  if (options.requestId) metadata["X-Request-Id"] = options.requestId;
  if (options.timeout) metadata["deadline"] = String(Date.now() + options.timeout);
  const method = methods[name];
  const path = server + method.getName();
  return new Promise((resolve) => {
    const fail = ({ code, message, metadata }: RpcError) => {
      outcome.error = { code, message, metadata };
      resolve(outcome);
    };
    const receive = (data: string) => {
      outcome.messages.push(data);
      if (options.cancel) {
        stream.cancel();
        resolve(outcome);
      }
    };
    const stream: ClientReadableStream<any> =
      name === "ask"
        ? client.rpcCall(path, message, metadata, method, (error, response) => {
            if (error) return fail(error);
            receive(response);
            resolve(outcome);
          })
        : client.serverStreaming(path, message, metadata, method).on("data", receive).on("error", fail);
    stream.on("metadata", (head) => (outcome.metadata = { ...head }));
    stream.on("status", (status) => (outcome.trailers = { ...status.metadata }));
    if (name !== "ask") stream.on("end", () => resolve(outcome));
  });
}

Object.assign(globalThis, { parley: { call } });
