// Durable messaging with clients of other makers: what is published by a unary
// call comes out of a subscription, over every protocol and encoding.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, createClient } from "@connectrpc/connect";
import * as grpc from "@grpc/grpc-js";
import { ErrorInfoSchema } from "../../../gen/es/google/rpc/error_details_pb.js";
import { MessageService } from "../../../gen/es/parley/messaging/v1/message_service_pb.js";
import { GapReason } from "../../../gen/es/parley/messaging/v1/position_pb.js";
import { PublishRequestSchema, PublishResponseSchema } from "../../../gen/es/parley/messaging/v1/publish_pb.js";
import { SubscribeRequestSchema, SubscribeResponseSchema, type SubscribeResponse } from "../../../gen/es/parley/messaging/v1/read_pb.js";
import { TopicService } from "../../../gen/es/parley/messaging/v1/topic_service_pb.js";
import { server } from "./environment.js";
import { details, method } from "./grpcjs.js";
import { texts } from "./topics.js";
import { duplex, failure, simplex } from "./transports.js";

const shown = (response: SubscribeResponse) =>
  response.messages.map(({ sequence, payload }) => `${sequence} ${payload.value}`);

for (const [name, transport] of Object.entries({ ...duplex, ...simplex })) {
  describe(name, { concurrency: true }, () => {
    const messages = createClient(MessageService, transport);
    const topics = createClient(TopicService, transport);
    async function topic(of: string): Promise<string> {
      const made = await topics.createTopic({ topic: { name: `${name} ${of}`.replaceAll(" ", "-") } });
      return made.topic!.name;
    }

    test("delivers what is stored, and then what is published, in order", async () => {
      const orders = await topic("live");
      await messages.publish({ topic: orders, messages: texts("one", "Grüße, 世界 🌍") });
      const got: string[] = [];
      for await (const response of messages.subscribe({ topic: orders })) {
        got.push(...shown(response));
        if (got.length === 2 && response.messages.length) {
          const { receipt } = await messages.publish({ topic: orders, messages: texts("three", "four") });
          assert.equal(receipt?.firstSequence, 3n);
        }
        if (got.length >= 4) break; // the Go test sees that the server noticed
      }
      assert.deepEqual(got, ["1 one", "2 Grüße, 世界 🌍", "3 three", "4 four"]);
    });

    test("ends at the head if asked to, with the keys asked for", async () => {
      const orders = await topic("head");
      const keyed = texts("one", "two", "three").map((message, i) => ({ ...message, key: i === 1 ? "b" : "a" }));
      await messages.publish({ topic: orders, messages: keyed });
      const got: string[] = [];
      let last: SubscribeResponse | undefined;
      for await (const response of messages.subscribe({ topic: orders, stopAtHead: true, keys: ["b"] })) {
        got.push(...shown(response));
        last = response;
      }
      assert.deepEqual(got, ["2 two"]);
      assert.equal(last?.cursor?.sequence, 3n);
      assert.equal(last?.lastSequence, 3n);
    });

    test("answers at once, and sends heartbeats", async () => {
      const quiet = await topic("quiet");
      const gaps: number[] = [];
      let before = Date.now();
      for await (const response of messages.subscribe({ topic: quiet, heartbeatInterval: { seconds: 1n } })) {
        if (gaps.length === 0) assert.equal(durationMs(response.heartbeatInterval!), 1_000);
        gaps.push(Date.now() - before);
        before = Date.now();
        if (gaps.length === 3) break;
      }
      assert.ok(gaps[0]! < 900, `the first response took ${gaps[0]} ms`);
      for (const gap of gaps.slice(1)) assert.ok(gap > 700 && gap < 5_000, `a heartbeat took ${gap} ms`);
    });

    test("resumes after a cursor, and gets a gap where messages are gone", async () => {
      const orders = await topic("gap");
      const { receipt } = await messages.publish({ topic: orders, messages: texts("one") });
      await messages.publish({ topic: orders, messages: texts("two", "three", "four") });
      await topics.purgeTopic({ name: orders, beforeSequence: 4n });
      const start = { position: { case: "after" as const, value: receipt!.cursor! } };
      const got: string[] = [];
      for await (const { gap, ...response } of messages.subscribe({ topic: orders, start, stopAtHead: true })) {
        if (gap) got.push(`${GapReason[gap.reason]} ${gap.firstMissing}-${gap.lastMissing}`);
        got.push(...shown(response));
      }
      assert.deepEqual(got, ["RETENTION 2-3", "4 four"]);
    });

    test("says that a topic does not exist", async () => {
      const error = await failure(messages.subscribe({ topic: "nowhere" })[Symbol.asyncIterator]().next());
      assert.equal(error.code, Code.NotFound);
      assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "TOPIC_NOT_FOUND");
    });
  });
}

describe("grpc-js", () => {
  const service = "/parley.messaging.v1.MessageService/";
  const Client = grpc.makeClientConstructor(
    {
      publish: method(PublishRequestSchema, PublishResponseSchema, `${service}Publish`),
      subscribe: method(SubscribeRequestSchema, SubscribeResponseSchema, `${service}Subscribe`, { responseStream: true }),
    },
    "Messaging",
  );
  const connect = () => new Client(new URL(server).host, grpc.credentials.createInsecure()) as grpc.Client & Record<string, any>;

  test("delivers what is stored, and then what is published, in order", async () => {
    const client = connect();
    const topics = createClient(TopicService, duplex["connect-node grpc h2c"]!);
    await topics.createTopic({ topic: { name: "grpc-js" } });
    const publish = (...words: string[]) =>
      client["publish"](create(PublishRequestSchema, { topic: "grpc-js", messages: texts(...words) }), (error: Error | null) => assert.ifError(error));
    publish("one", "two");
    const call: grpc.ClientReadableStream<SubscribeResponse> = client["subscribe"](create(SubscribeRequestSchema, { topic: "grpc-js" }));
    const got: string[] = [];
    const error = await new Promise<grpc.ServiceError>((resolve) => {
      call.on("error", resolve);
      call.on("data", (response: SubscribeResponse) => {
        got.push(...shown(response));
        if (got.length === 2 && response.messages.length) publish("three");
        if (got.length === 3) call.cancel();
      });
    });
    assert.equal(error.code, grpc.status.CANCELLED);
    assert.deepEqual(got, ["1 one", "2 two", "3 three"]);
    client.close();
  });

  test("says that a topic does not exist", async () => {
    const client = connect();
    const call: grpc.ClientReadableStream<unknown> = client["subscribe"](create(SubscribeRequestSchema, { topic: "nowhere" }));
    const error = await new Promise<grpc.ServiceError>((resolve) => call.on("error", resolve).on("data", () => {}));
    assert.equal(error.code, grpc.status.NOT_FOUND);
    assert.equal(details(error).info?.reason, "TOPIC_NOT_FOUND");
    client.close();
  });
});
