// Every transport that Connect's clients have for Node and, running on Node's
// fetch, for browsers.
import assert from "node:assert/strict";
import { ConnectError, type Transport } from "@connectrpc/connect";
import * as node from "@connectrpc/connect-node";
import * as web from "@connectrpc/connect-web";
import { server as baseUrl } from "./environment.js";

/** Those that carry both directions of a stream at once. */
export const duplex: Record<string, Transport> = {
  "connect-node connect h2c": node.createConnectTransport({ baseUrl, httpVersion: "2" }),
  "connect-node connect json h2c": node.createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: false }),
  "connect-node grpc h2c": node.createGrpcTransport({ baseUrl }),
  "connect-node grpc json h2c": node.createGrpcTransport({ baseUrl, useBinaryFormat: false }),
  "connect-node grpc-web h2c": node.createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
};

/** Those that answer with a stream at most. */
export const simplex: Record<string, Transport> = {
  "connect-node connect http1": node.createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  "connect-node connect get http1": node.createConnectTransport({ baseUrl, httpVersion: "1.1", useHttpGet: true }),
  "connect-node grpc-web http1": node.createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "connect-web connect": web.createConnectTransport({ baseUrl }),
  "connect-web connect binary": web.createConnectTransport({ baseUrl, useBinaryFormat: true }),
  "connect-web connect get": web.createConnectTransport({ baseUrl, useHttpGet: true }),
  "connect-web grpc-web": web.createGrpcWebTransport({ baseUrl }),
  "connect-web grpc-web json": web.createGrpcWebTransport({ baseUrl, useBinaryFormat: false }),
};

/** Returns the error a call ends with, and fails if it does not. */
export async function failure(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (thrown) {
    return ConnectError.from(thrown);
  }
  throw new assert.AssertionError({ message: "the call did not fail" });
}
