import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { publish } from "../src/index.js";
import { parleyError, servePublish } from "./scripted.js";

const batch = { topic: "t", messages: [{ id: "mine" }, {}, {}] };

test("publish repeats the same batch with the same ids", async () => {
  const attempts: string[][] = [];
  const transport = servePublish((request, attempt) => {
    attempts.push(request.messages.map((message) => message.id));
    if (attempt < 3) throw new ConnectError("broken", Code.Unknown);
  });
  const receipt = await publish(transport, batch);
  assert.equal(receipt.lastSequence, 3n);
  assert.equal(attempts.length, 3);
  assert.equal(attempts[0]?.[0], "mine");
  assert.equal(new Set(attempts[0]).size, 3);
  assert.match(attempts[0]?.[1] ?? "", /^[0-9a-f]{32}$/);
  for (const ids of attempts) assert.deepEqual(ids, attempts[0]);
});

test("publish throws what another attempt would repeat", async () => {
  let calls = 0;
  const transport = servePublish(() => {
    calls++;
    throw parleyError(Code.Aborted, "SEQUENCE_MISMATCH");
  });
  await assert.rejects(publish(transport, batch), (error: ConnectError) => error.code === Code.Aborted);
  assert.equal(calls, 1);
});

test("publish gives up in time, with the last error", async () => {
  const transport = servePublish(() => {
    throw parleyError(Code.ResourceExhausted, "LOW_DISK_SPACE", 100);
  });
  const begun = Date.now();
  await assert.rejects(publish(transport, batch, { timeoutMs: 250 }), (error: ConnectError) => error.code === Code.ResourceExhausted);
  assert.ok(Date.now() - begun < 1_000);
});

test("publish gives up when told to", { timeout: 5_000 }, async () => {
  const stop = new AbortController();
  const transport = servePublish(() => {
    setImmediate(() => stop.abort());
    throw parleyError(Code.Unavailable, "SERVER_DRAINING", 30_000);
  });
  await assert.rejects(publish(transport, batch, { signal: stop.signal }), (error: ConnectError) => error.code === Code.Canceled);
});
