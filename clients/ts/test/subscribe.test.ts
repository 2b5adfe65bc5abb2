import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { GapReason } from "../../../gen/es/parley/messaging/v1/position_pb.js";
import { formatCursor, parseCursor, subscribe, type ConnectionState, type SubscribeOptions, type TopicEvent } from "../src/index.js";
import { batch, parleyError, serve, silence, type Script } from "./scripted.js";

const unavailable = new ConnectError("scripted", Code.Unavailable);

/** A script: these responses, then the error, the end, or silence. */
function then(ending: ConnectError | "end" | "silence", ...responses: ReturnType<typeof batch>[]): Script {
  return async function* (_, signal) {
    yield* responses;
    if (ending === "silence") await silence(signal);
    else if (ending !== "end") throw ending;
  };
}

/** Reads to the end and writes each event as text. */
async function read(events: AsyncIterable<TopicEvent>): Promise<string[]> {
  const read: string[] = [];
  for await (const event of events) {
    if (event.type === "gap") read.push(`gap ${event.gap.firstMissing}-${event.gap.lastMissing} @${event.cursor.sequence}`);
    else read.push(`${event.messages.map((message) => message.sequence).join()} @${event.cursor.sequence}`);
  }
  return read;
}

/** Subscribes up to the end that a script plays, and notes what onState is told. */
function observed(script: ReturnType<typeof serve>, options: Partial<SubscribeOptions> = {}) {
  const states: ConnectionState[] = [];
  const events = subscribe(script.transport, { topic: "t", stopAtHead: true, onState: (state) => states.push(state), ...options });
  return { states, events };
}

const phases = (states: ConnectionState[]) => states.map((state) => state.phase).join(" ");

describe("subscribe", () => {
  test("goes on after the last event when a stream breaks", async () => {
    const script = serve(then(unavailable, batch(1, 2), batch(3)), then(unavailable), then("end", batch(4)));
    const { states, events } = observed(script, { start: { last: 7 }, keys: ["k"] });
    assert.deepEqual(await read(events), ["1,2 @2", "3 @3", "4 @4"]);
    assert.deepEqual(script.requests[0]?.start?.position, { case: "last", value: 7 });
    for (const request of script.requests.slice(1)) {
      assert.equal(request.start?.position.case, "after");
      assert.equal((request.start?.position.value as { sequence: bigint }).sequence, 3n);
      assert.deepEqual(request.keys, ["k"]);
    }
    assert.equal(phases(states), "connecting connected waiting connecting waiting connecting connected");
  });

  test("begins where it was asked to until something has come", async () => {
    const script = serve(then(unavailable), then("end", batch(9)));
    await read(observed(script, { start: { sequence: 9 } }).events);
    assert.deepEqual(script.requests.map((request) => request.start?.position), Array(2).fill({ case: "sequence", value: 9n }));
  });

  test("tells of the first cursor, and of one that moves without messages", async () => {
    const moved = { ...batch(7), messages: [] };
    const script = serve(then("end", batch(), batch(), moved, moved));
    assert.deepEqual(await read(observed(script).events), [" @0", " @7"]);
  });

  test("gives a gap its own cursor, before the messages that follow it", async () => {
    const gap = { $typeName: "parley.messaging.v1.Gap", reason: GapReason.RETENTION, firstMissing: 1n, lastMissing: 4n, resumedAt: 5n } as const;
    const script = serve(then("end", { ...batch(6, 7), gap }));
    assert.deepEqual(await read(observed(script).events), ["gap 1-4 @4", "6,7 @7"]);
  });

  test("takes a silent stream for dead after twice the interval in force", async () => {
    const script = serve(then("silence", batch(1)), then("end", batch(2)));
    const { states, events } = observed(script);
    assert.deepEqual(await read(events), ["1 @1", "2 @2"]);
    const waiting = states.find((state) => state.phase === "waiting");
    assert.equal(waiting?.error.code, Code.Unavailable);
    assert.match(waiting.error.message, /silent for 0.8 s/);
  });

  test("does not hurry whoever handles an event", async () => {
    const script = serve(then("end", batch(1), batch(2)));
    const { states, events } = observed(script);
    for await (const _ of events) await new Promise((resolve) => setTimeout(resolve, 1_000)); // patience is 800 ms
    assert.equal(phases(states), "connecting connected");
  });

  test("waits as long as RetryInfo asks", async () => {
    const draining = parleyError(Code.Unavailable, "SERVER_DRAINING", 300);
    const script = serve(then(draining), then("end"));
    const { states, events } = observed(script);
    const begun = Date.now();
    await read(events);
    const waiting = states.find((state) => state.phase === "waiting");
    assert.ok(waiting && waiting.delayMs >= 300 && waiting.delayMs <= 450, `it waits ${waiting?.delayMs} ms`);
    assert.ok(Date.now() - begun >= 295);
  });

  test("waits longer each time, up to 15 s, and never twice the same", async () => {
    const delays: number[] = [];
    const stop = new AbortController();
    const { transport } = serve(then(unavailable));
    const woken = page();
    for await (const _ of subscribe(transport, {
      topic: "t",
      signal: stop.signal,
      onState(state) {
        if (state.phase !== "waiting") return;
        delays.push(state.delayMs);
        if (delays.length === 4) stop.abort();
      },
    }));
    woken.remove();
    delays.forEach((delay, i) => assert.ok(delay >= 50 * 2 ** i && delay <= 100 * 2 ** i, `wait ${i} is ${delay} ms`));
  });

  for (const phase of ["connecting", "connected", "waiting"] as const) {
    test(`throws what onState throws: ${phase}`, async () => {
      const script = serve(then(unavailable, batch(1)), then("end"));
      const onState = (state: ConnectionState) => {
        if (state.phase === phase) throw new RangeError("mine");
      };
      await assert.rejects(read(observed(script, { onState }).events), RangeError);
    });
  }

  test("goes on after an end that nobody asked for, less and less often", async () => {
    const script = serve(then("end", batch(1)), ...Array<Script>(3).fill(then("end")), then("end", batch(2)));
    const { states, events } = observed(script, { stopAtHead: false });
    for await (const event of events) if (event.cursor.sequence === 2n) break;
    assert.equal((script.requests[4]?.start?.position.value as { sequence: bigint }).sequence, 1n);
    const waits = states.filter((state) => state.phase === "waiting");
    assert.equal(waits.length, 4);
    waits.forEach(({ delayMs, error }, i) => {
      assert.ok(delayMs >= 50 * 2 ** i && delayMs <= 100 * 2 ** i, `wait ${i} is ${delayMs} ms`);
      assert.match(error.message, /the stream was ended/);
    });
  });

  for (const [name, error] of Object.entries({
    "a missing topic": parleyError(Code.NotFound, "TOPIC_NOT_FOUND"),
    "a cursor of elsewhere": parleyError(Code.OutOfRange, "POSITION_AHEAD"),
    "a server's bug": parleyError(Code.Internal, "INTERNAL"),
    "a caller who may not": new ConnectError("from a proxy", Code.PermissionDenied),
  })) {
    test(`throws the error of ${name}`, async () => {
      const script = serve(then(error, batch(1)));
      await assert.rejects(read(observed(script).events), (thrown: ConnectError) => thrown.code === error.code);
      assert.equal(script.requests.length, 1);
    });
  }

  for (const [name, error] of Object.entries({
    "the stream's age": parleyError(Code.Unavailable, "STREAM_AGE_LIMIT"),
    "an expired token": parleyError(Code.Unauthenticated, "TOKEN_EXPIRED"),
    "a broken connection": new ConnectError("missing trailer", Code.Unknown),
  })) {
    test(`goes on after ${name}`, async () => {
      const script = serve(then(error, batch(1)), then("end", batch(2)));
      assert.deepEqual(await read(observed(script).events), ["1 @1", "2 @2"]);
    });
  }
});

describe("an abort", () => {
  test("ends a silent stream at once, and the server hears of it", { timeout: 5_000 }, async () => {
    const stop = new AbortController();
    let gone = false;
    const { transport } = serve(async function* (_, signal) {
      yield { ...batch(1), heartbeatInterval: undefined } as unknown as ReturnType<typeof batch>;
      await silence(signal);
      gone = true;
    });
    const events = subscribe(transport, { topic: "t", signal: stop.signal });
    await events.next();
    const next = events.next();
    stop.abort();
    assert.deepEqual(await next, { done: true, value: undefined });
    while (!gone) await new Promise(setImmediate);
  });

  test("ends a wait at once", { timeout: 5_000 }, async () => {
    const stop = new AbortController();
    const script = serve(then(parleyError(Code.Unavailable, "SERVER_DRAINING", 60_000)));
    const { events } = observed(script, { signal: stop.signal, onState: ({ phase }) => phase === "waiting" && setImmediate(() => stop.abort()) });
    assert.deepEqual(await read(events), []);
  });

  test("before the start makes no call", async () => {
    const script = serve(then("end"));
    assert.deepEqual(await read(observed(script, { signal: AbortSignal.abort() }).events), []);
    assert.equal(script.requests.length, 0);
  });
});

/** Puts what the subscriber listens to on a page into this process. */
function page() {
  const document = Object.assign(new EventTarget(), { visibilityState: "hidden" });
  const window = new EventTarget();
  const added = { document, addEventListener: window.addEventListener.bind(window), removeEventListener: window.removeEventListener.bind(window) };
  Object.assign(globalThis, added);
  return {
    remove: () => Object.keys(added).forEach((name) => Reflect.deleteProperty(globalThis, name)),
    show() {
      document.visibilityState = "visible";
      document.dispatchEvent(new Event("visibilitychange"));
    },
    online: () => window.dispatchEvent(new Event("online")),
  };
}

describe("a page", () => {
  let woken: ReturnType<typeof page>;
  afterEach(() => woken.remove());

  for (const event of ["show", "online"] as const) {
    test(`does not wait when it wakes: ${event}`, { timeout: 5_000 }, async () => {
      woken = page();
      const script = serve(...Array<Script>(6).fill(then(unavailable)), then("end", batch(1)));
      const waits: number[] = [];
      const { events } = observed(script, {
        onState(state) {
          if (state.phase !== "waiting") return;
          waits.push(state.delayMs);
          setImmediate(() => woken[event]());
        },
      });
      assert.deepEqual(await read(events), ["1 @1"]);
      assert.ok(waits.every((wait) => wait <= 100), `the count began anew: ${waits}`);
    });
  }

  test("that wakes still waits as long as the server asked", async () => {
    woken = page();
    const script = serve(then(parleyError(Code.Unavailable, "SERVER_DRAINING", 300)), then("end"));
    const begun = Date.now();
    await read(observed(script, { onState: ({ phase }) => phase === "waiting" && setImmediate(() => woken.online()) }).events);
    assert.ok(Date.now() - begun >= 295);
  });

  test("that was offline starts the stream again", { timeout: 5_000 }, async () => {
    woken = page();
    const quiet = { ...batch(1), heartbeatInterval: undefined } as unknown as ReturnType<typeof batch>;
    const script = serve(then("silence", quiet), then("end", batch(2)));
    const { events } = observed(script);
    await events.next();
    setImmediate(() => woken.online());
    assert.deepEqual(await read(events), ["2 @2"]);
  });

  test("leaves no listener behind", async () => {
    woken = page();
    let listeners = 0;
    const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
    Object.assign(globalThis.document, {
      addEventListener: (name: string, call: () => void) => (listeners++, add.call(globalThis.document, name, call)),
      removeEventListener: (name: string, call: () => void) => (listeners--, remove.call(globalThis.document, name, call)),
    });
    const script = serve(then(unavailable, batch(1)), then("end", batch(2)));
    await read(observed(script).events);
    assert.equal(listeners, 0);
  });
});

test("a cursor survives being text", () => {
  const cursor = batch(2 ** 53 - 1).cursor!;
  assert.deepEqual(parseCursor(formatCursor(cursor)), cursor);
  assert.equal(parseCursor(null), undefined);
  assert.throws(() => parseCursor("42"));
});
