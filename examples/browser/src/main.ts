import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { BadRequestSchema } from "../../../gen/es/google/rpc/error_details_pb.js";
import { UnaryService } from "../../../gen/es/parley/unary/v1/unary_pb.js";
import { onCancel, onSend, show } from "./page.js";

let call = new AbortController();
onCancel(() => call.abort());

onSend(async ({ server, message, deadline }) => {
  const client = createClient(UnaryService, createGrpcWebTransport({ baseUrl: server }));
  call = new AbortController();
  try {
    const answer = await client.getServerResponse({ message }, { signal: call.signal, timeoutMs: deadline });
    show("answer", answer.message);
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const violations = error.findDetails(BadRequestSchema).flatMap((detail) => detail.fieldViolations);
    show("error", `${Code[error.code]}: ${error.rawMessage}`, violations.map((v) => `${v.field}: ${v.description}`));
  }
});
