// The subscriber of clients/ts on Node, while its server is killed, drained and
// frozen. The tests run one after the other: they share the server.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, test } from "node:test";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import * as node from "@connectrpc/connect-node";
import * as web from "@connectrpc/connect-web";
import { ErrorInfoSchema } from "../../../gen/es/google/rpc/error_details_pb.js";
import { formatCursor, parseCursor, subscribe, type ConnectionState, type SubscribeOptions } from "../../../clients/ts/src/index.js";
import { control, eventually } from "./control.js";
import { server as baseUrl } from "./environment.js";
import { messages, newTopic, numbers, put, text, texts, topics } from "./topics.js";
import { failure } from "./transports.js";

const transports: Record<string, Transport> = {
  "connect-node grpc": node.createGrpcTransport({ baseUrl }),
  "connect-node grpc-web http1": node.createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "connect-web connect": web.createConnectTransport({ baseUrl }),
  "connect-web grpc-web": web.createGrpcWebTransport({ baseUrl }),
};

/** Follows a topic until the test ends, and keeps what came. */
class Follower {
  readonly got: string[] = [];
  readonly states: ConnectionState[] = [];
  readonly ended: Promise<void>;
  private readonly stop = new AbortController();

  constructor(transport: Transport, options: SubscribeOptions) {
    const { signal } = this.stop;
    this.ended = this.follow(subscribe(transport, { heartbeatMs: 1_000, ...options, signal, onState: (state) => this.states.push(state) }));
  }

  private async follow(events: ReturnType<typeof subscribe>): Promise<void> {
    for await (const event of events) {
      if (event.type === "gap") this.got.push(`gap ${event.gap.firstMissing}-${event.gap.lastMissing}`);
      else this.got.push(...event.messages.map(text));
    }
  }

  /** How long the iteration takes to end after an abort, in milliseconds. */
  async end(): Promise<number> {
    const begun = Date.now();
    this.stop.abort();
    await this.ended;
    return Date.now() - begun;
  }

  has = (last: number) => eventually(`message ${last}, got ${this.got.at(-1)}`, () => this.got.at(-1) === String(last));

  /** Waits until the connection's present state is this one. */
  is = (phase: ConnectionState["phase"]) => eventually(phase, () => this.states.at(-1)?.phase === phase);
}

// 2,400 messages, 24 MB.
async function fill(): Promise<string> {
  const topic = await newTopic();
  const batch = texts(...Array<string>(100).fill("x".repeat(10_000)));
  for (let i = 0; i < 24; i++) await put(topic, batch);
  return topic;
}
let filled: Promise<string> | undefined;
const large = () => (filled ??= fill());

const upTo = (last: number) => Array.from({ length: last }, (_, i) => String(i + 1));

for (const [name, transport] of Object.entries(transports)) {
  describe(name, () => {
    test("goes on after a kill and after a drain of the server: each message once, in order", async () => {
      const topic = await newTopic();
      const follower = new Follower(transport, { topic });
      let last = 0;
      let publishing = true;
      const publisher = (async () => {
        while (publishing) await put(topic, numbers(last + 1, (last += 3)));
      })();
      for (const ending of ["kill", "drain"] as const) {
        const before = last;
        await eventually("messages flow", () => last > before + 30 && follower.got.length > before);
        await control(ending);
        await follower.is("waiting");
        await control("start");
      }
      publishing = false;
      await publisher;
      await follower.has(last);
      await follower.end();
      assert.deepEqual(follower.got, upTo(last));
    });

    test("notices a server that has fallen silent, and goes on when it is back", async () => {
      const topic = await newTopic();
      await put(topic, numbers(1, 3));
      const follower = new Follower(transport, { topic });
      await follower.has(3);
      await control("freeze");
      const begun = Date.now();
      await follower.is("waiting");
      const noticed = Date.now() - begun;
      await control("thaw");
      await put(topic, numbers(4, 6));
      await follower.has(6);
      await follower.end();
      assert.deepEqual(follower.got, upTo(6));
      assert.ok(noticed < 3_500, `it took ${noticed} ms to notice, at heartbeats of 1 s`);
    });

    test("ends at once when told to, whatever the server does", async () => {
      const topic = await newTopic();
      await put(topic, numbers(1, 1));
      const follower = new Follower(transport, { topic });
      await follower.has(1);
      await control("freeze");
      const took = await follower.end();
      await control("thaw");
      assert.ok(took < 200, `it took ${took} ms`);
    });

    test("starts after a stored cursor, and shows the gap that retention left", async () => {
      const topic = await newTopic();
      await put(topic, numbers(1, 20));
      let stored = "";
      for await (const event of subscribe(transport, { topic, start: { sequence: 1 } })) {
        stored = formatCursor(event.cursor);
        if (event.cursor.sequence === 20n) break;
      }
      await put(topic, numbers(21, 30));
      await topics.purgeTopic({ name: topic, beforeSequence: 26n });
      const follower = new Follower(transport, { topic, start: { after: parseCursor(stored)! } });
      await follower.has(30);
      await follower.end();
      assert.deepEqual(follower.got, ["gap 21-25", ...upTo(30).slice(25)]);
    });

    test("throws what another attempt would only repeat", async () => {
      const topic = await newTopic();
      await put(topic, numbers(1, 1));
      for (const [options, code, reason] of [
        [{ topic: "nowhere" }, Code.NotFound, "TOPIC_NOT_FOUND"],
        [{ topic, start: { sequence: 9 } }, Code.OutOfRange, "POSITION_AHEAD"],
        [{ topic: "Not A Name" }, Code.InvalidArgument, "INVALID_FIELD"],
      ] as const) {
        const error = await failure(subscribe(transport, options).next());
        assert.equal(error.code, code);
        assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, reason);
      }
    });

    test("does not read ahead of whoever handles the events", async () => {
      const topic = await large();
      const events = subscribe(transport, { topic });
      await events.next();
      await new Promise((resolve) => setTimeout(resolve, 100));
      const before = memory();
      await new Promise((resolve) => setTimeout(resolve, 1_000)); // time to read it all
      const grown = memory() - before;
      let rest = 0;
      for await (const event of events) {
        if (event.type === "messages") rest += event.messages.length;
        if (event.cursor.sequence === 2_400n) break;
      }
      assert.ok(grown < 12e6, `${grown} bytes were read ahead`);
      assert.ok(rest > 2_300, `only ${rest} messages were left`);
    });
  });
}

const memory = () => process.memoryUsage().heapUsed + process.memoryUsage().external;

test("a publish that was sent into a dead server is stored once", async () => {
  const topic = await newTopic();
  await control("freeze");
  const published = put(topic, numbers(1, 5));
  await control("kill");
  await control("start");
  await published;
  const { topic: state } = await topics.getTopic({ name: topic });
  assert.equal(state?.lastSequence, 5n);
});

test("stopAtHead ends the iteration at the head", async () => {
  const topic = await newTopic();
  await put(topic, numbers(1, 2_500));
  const follower = new Follower(transports["connect-node grpc"]!, { topic, stopAtHead: true });
  await follower.ended;
  assert.deepEqual(follower.got, upTo(2_500));
  const page = await messages.readMessages({ topic, start: { position: { case: "last", value: 1 } } });
  assert.equal(page.cursor?.sequence, 2_500n);
});

describe("a proxy that ends a body within a message", () => {
  // Half a message, and then the end, as from a proxy whose server has died. The
  // second time it is the end of a stream that went well.
  const half = Buffer.from([0, 0, 0, 0, 10, 1, 2]);
  const ends: Record<string, Buffer> = {
    "application/grpc-web+proto": Buffer.concat([Buffer.from([0x80, 0, 0, 0, 16]), Buffer.from("grpc-status: 0\r\n")]),
    "application/connect+proto": Buffer.concat([Buffer.from([2, 0, 0, 0, 2]), Buffer.from("{}")]),
  };
  let calls = 0;
  const proxy = createServer((request, response) => {
    const type = request.headers["content-type"]!;
    response.writeHead(200, { "Content-Type": type });
    request.resume().on("end", () => response.end(calls++ === 0 ? half : ends[type]));
  }).listen(0, "127.0.0.1");
  after(() => proxy.close());
  const url = () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

  for (const [name, make] of Object.entries({
    "connect-node grpc-web": () => node.createGrpcWebTransport({ baseUrl: url(), httpVersion: "1.1" }),
    "connect-node connect": () => node.createConnectTransport({ baseUrl: url(), httpVersion: "1.1" }),
    "connect-web grpc-web": () => web.createGrpcWebTransport({ baseUrl: url() }),
    "connect-web connect": () => web.createConnectTransport({ baseUrl: url(), useBinaryFormat: true }),
  })) {
    test(`is no reason to give up: ${name}`, async () => {
      calls = 0;
      const errors: ConnectError[] = [];
      const onState = (state: ConnectionState) => state.phase === "waiting" && errors.push(state.error);
      for await (const _ of subscribe(make(), { topic: "any", stopAtHead: true, onState })) assert.fail("nothing was sent");
      assert.equal(errors.length, 1);
      assert.equal(calls, 2);
    });
  }
});
