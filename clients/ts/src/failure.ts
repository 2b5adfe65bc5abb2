import { Code, ConnectError } from "@connectrpc/connect";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { ErrorInfoSchema, RetryInfoSchema } from "../../../gen/es/google/rpc/error_details_pb.js";

// What a proxy, an interceptor or another server means for good. Whatever else
// has no Parley reason is a connection that broke, under one of many codes.
const final = new Set([
  Code.InvalidArgument, Code.NotFound, Code.AlreadyExists, Code.PermissionDenied,
  Code.FailedPrecondition, Code.OutOfRange, Code.Unimplemented, Code.Unauthenticated,
]);

// Reasons of Parley that pass, beside those of UNAVAILABLE.
const repeatable = new Set(["TOKEN_EXPIRED", "DEADLINE_EXCEEDED"]);

/** Reports whether the same call, made again later, may fare better. */
export function retryable(error: ConnectError): boolean {
  if (askedDelay(error) !== undefined) return true;
  const info = error.findDetails(ErrorInfoSchema).find((detail) => detail.domain === "parley");
  if (info) return error.code === Code.Unavailable || repeatable.has(info.reason);
  return !final.has(error.code) || cutShort(error);
}

/** How long the server asks to wait, in milliseconds, if it does (RetryInfo). */
export function askedDelay(error: ConnectError): number | undefined {
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return delay && durationMs(delay);
}

// A body that ends within a message is INVALID_ARGUMENT to Connect's clients. What
// came as an answer carries that answer's headers, and this carries none.
function cutShort(error: ConnectError): boolean {
  return error.code === Code.InvalidArgument && [...error.metadata].length === 0;
}
