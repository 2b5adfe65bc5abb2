// @grpc/grpc-js, gRPC's own client for Node: with Parley's stubs, and with stubs
// that proto-loader makes from the classic tutorial's schema.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import * as loader from "@grpc/proto-loader";
import * as bidi from "../../../gen/es/parley/bidirectional/v1/bidirectional_pb.js";
import * as unary from "../../../gen/es/parley/unary/v1/unary_pb.js";
import { answer, greeting, server } from "./environment.js";
import { details, method } from "./grpcjs.js";

const address = new URL(server).host;
const credentials = grpc.credentials.createInsecure();

const Client = grpc.makeClientConstructor(
  {
    ask: method(
      unary.GetServerResponseRequestSchema,
      unary.GetServerResponseResponseSchema,
      "/parley.unary.v1.UnaryService/GetServerResponse",
    ),
    converse: method(
      bidi.GetServerResponseRequestSchema,
      bidi.GetServerResponseResponseSchema,
      "/parley.bidirectional.v1.BidirectionalService/GetServerResponse",
      { requestStream: true, responseStream: true },
    ),
  },
  "Parley",
);

interface Outcome {
  error?: grpc.ServiceError;
  response?: any;
  metadata?: grpc.Metadata;
}

function ask(client: grpc.Client, message: unknown, metadata = new grpc.Metadata(), options: grpc.CallOptions = {}, name = "ask") {
  return new Promise<Outcome>((resolve) => {
    let received: grpc.Metadata | undefined;
    (client as any)[name](message, metadata, options, (error: grpc.ServiceError | null, response: unknown) =>
      resolve({ error: error ?? undefined, response, metadata: received }),
    ).on("metadata", (head: grpc.Metadata) => (received = head));
  });
}

/** Sends messages one by one, each after the answer to the one before. */
function converse(call: grpc.ClientDuplexStream<any, any>, messages: object[]): Promise<Outcome & { answers: string[] }> {
  const answers: string[] = [];
  const rest = [...messages];
  const next = () => (rest.length ? call.write(rest.shift()) : call.end());
  return new Promise((resolve) => {
    call.on("data", (response) => {
      answers.push(response.message);
      next();
    });
    call.on("error", (error: grpc.ServiceError) => resolve({ error, answers }));
    call.on("end", () => resolve({ answers }));
    next();
  });
}

const words = ["First message", "Second message", "Third message"];
const say = (message: string) => create(bidi.GetServerResponseRequestSchema, { message });

describe("grpc-js", () => {
  const client = new Client(address, credentials) as grpc.Client & Record<string, any>;
  after(() => client.close());
  const request = (message: string) => create(unary.GetServerResponseRequestSchema, { message });

  test("answers, and returns the request id", async () => {
    const metadata = new grpc.Metadata();
    metadata.set("x-request-id", "id-grpc-js");
    const outcome = await ask(client, request(greeting), metadata);
    assert.equal(outcome.error, undefined);
    assert.deepEqual([outcome.response.message, outcome.response.received], [answer, true]);
    assert.deepEqual(outcome.metadata?.get("x-request-id"), ["id-grpc-js"]);
  });

  test("explains a request that breaks the schema's rules", async () => {
    const { error } = await ask(client, request(""));
    assert.equal(error?.code, grpc.status.INVALID_ARGUMENT);
    const { info, badRequest } = details(error);
    assert.deepEqual([info?.domain, info?.reason], ["parley", "INVALID_FIELD"]);
    assert.equal(badRequest?.fieldViolations[0]?.field, "message");
  });

  test("gzips a request", async () => {
    const compressing = new Client(address, credentials, {
      "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip,
    });
    const outcome = await ask(compressing, request("x".repeat(10_000)));
    compressing.close();
    assert.equal(outcome.error, undefined);
    assert.ok(outcome.response.message.includes("x".repeat(10_000)));
  });

  test("gets each answer before it sends the next message", async () => {
    const outcome = await converse(client.converse(), words.map(say));
    assert.equal(outcome.error, undefined);
    assert.deepEqual(outcome.answers, words);
  });

  test("keeps the answers before an error", async () => {
    const { error, answers } = await converse(client.converse(), ["First message", ""].map(say));
    assert.deepEqual(answers, ["First message"]);
    assert.equal(error?.code, grpc.status.INVALID_ARGUMENT);
    assert.equal(details(error!).badRequest?.fieldViolations[0]?.field, "message");
  });

  for (const [ending, code] of [["deadline", grpc.status.DEADLINE_EXCEEDED], ["cancel", grpc.status.CANCELLED]] as const) {
    test(`ends with a ${ending}`, async () => {
      const metadata = new grpc.Metadata();
      metadata.set("x-request-id", `${ending}-grpc-js`);
      const call = client.converse(metadata, ending === "deadline" ? { deadline: Date.now() + 500 } : {});
      const error = await new Promise<grpc.ServiceError>((resolve, reject) => {
        call.on("data", () => ending === "cancel" && call.cancel());
        call.on("error", resolve);
        call.on("end", () => reject(new Error("the call ended by itself")));
        call.write(say("First message"));
      });
      assert.equal(error.code, code);
    });
  }
});

describe("grpc-js with the classic schema", () => {
  const definition = loader.loadSync(["classic/unary.proto", "classic/bidirectional.proto"], { includeDirs: ["."] });
  const root = grpc.loadPackageDefinition(definition) as any;

  test("unary.Unary answers", async () => {
    const client = new root.unary.Unary(address, credentials);
    const outcome = await ask(client, { message: greeting }, undefined, undefined, "GetServerResponse");
    client.close();
    assert.equal(outcome.error, undefined);
    assert.deepEqual(outcome.response, { message: answer, received: true });
  });

  test("bidirectional.Bidirectional answers", async () => {
    const client = new root.bidirectional.Bidirectional(address, credentials);
    const outcome = await converse(client.GetServerResponse(), words.map((message) => ({ message })));
    client.close();
    assert.deepEqual(outcome, { answers: words });
  });
});
