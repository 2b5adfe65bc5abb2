// Connect's clients for Node (connect-node) and for browsers (connect-web, which
// runs on Node's fetch too), over every protocol, encoding and HTTP version they
// have.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "../../../gen/es/google/rpc/error_details_pb.js";
import { ViolationsSchema } from "../../../gen/es/buf/validate/validate_pb.js";
import { AnswerTiming, BidirectionalService } from "../../../gen/es/parley/bidirectional/v1/bidirectional_pb.js";
import { UnaryService } from "../../../gen/es/parley/unary/v1/unary_pb.js";
import { answer, greeting } from "./environment.js";
import { duplex, failure, simplex } from "./transports.js";

/** A queue a test fills while a call sends from it. */
class Requests implements AsyncIterable<{ message: string }> {
  private waiting: ((message: string | undefined) => void)[] = [];
  private messages: (string | undefined)[] = [];

  send(message: string | undefined): void {
    const taker = this.waiting.shift();
    if (taker) taker(message);
    else this.messages.push(message);
  }

  close(): void {
    this.send(undefined);
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      const next = this.messages.length
        ? this.messages.shift()
        : await new Promise<string | undefined>((resolve) => this.waiting.push(resolve));
      if (next === undefined) return;
      yield { message: next };
    }
  }
}

for (const [name, transport] of Object.entries({ ...duplex, ...simplex })) {
  describe(name, () => {
    const client = createClient(UnaryService, transport);

    test("answers, and returns the request id", async () => {
      const id = `id-${name.replaceAll(" ", "-")}`;
      let returned: string | null = null;
      const response = await client.getServerResponse(
        { message: greeting },
        { headers: { "X-Request-Id": id }, onHeader: (headers) => (returned = headers.get("X-Request-Id")) },
      );
      assert.equal(response.message, answer);
      assert.equal(response.received, true);
      assert.equal(returned, id);
    });

    test("explains a request that breaks the schema's rules", async () => {
      const error = await failure(client.getServerResponse({ message: "" }));
      assert.equal(error.code, Code.InvalidArgument);
      const [info] = error.findDetails(ErrorInfoSchema);
      assert.deepEqual([info?.domain, info?.reason], ["parley", "INVALID_FIELD"]);
      const [bad] = error.findDetails(BadRequestSchema);
      assert.equal(bad?.fieldViolations[0]?.field, "message");
      const [rules] = error.findDetails(ViolationsSchema);
      assert.equal(rules?.violations[0]?.ruleId, "string.min_bytes");
    });

    test("names a method that does not exist", async () => {
      const method = { ...UnaryService.method.getServerResponse, name: "Nope" };
      const error = await failure(transport.unary(method, undefined, undefined, undefined, { message: greeting }));
      assert.equal(error.code, Code.Unimplemented);
    });

    test("carries text that is not ASCII, and large text", async () => {
      // A GET carries the message in its URL, which the server takes up to 64 KiB
      // of, all headers included.
      const large = "x".repeat(name.includes(" get") ? 16_384 : 65_536);
      for (const message of ["Grüße, 世界 🌍", large]) {
        const response = await client.getServerResponse({ message });
        assert.ok(response.message.includes(message));
      }
    });

    test("is cancelled before it begins", async () => {
      const error = await failure(client.getServerResponse({ message: greeting }, { signal: AbortSignal.abort() }));
      assert.equal(error.code, Code.Canceled);
    });
  });
}

for (const [name, transport] of Object.entries(duplex)) {
  describe(`${name} streams`, () => {
    const client = createClient(BidirectionalService, transport);

    test("gets each answer before it sends the next message", async () => {
      const requests = new Requests();
      const answers = client.getServerResponse(requests)[Symbol.asyncIterator]();
      for (const word of ["First", "Second", "Third"]) {
        requests.send(`${word} message`);
        const { value } = await answers.next();
        assert.equal(value?.message, `${word} message`);
      }
      requests.close();
      assert.equal((await answers.next()).done, true);
    });

    test("gets all answers after the end if it asks to", async () => {
      async function* requests() {
        yield { message: "First message", answerTiming: AnswerTiming.AFTER_ALL };
        yield { message: "Second message" };
      }
      const got: string[] = [];
      for await (const response of client.getServerResponse(requests())) got.push(response.message);
      assert.deepEqual(got, ["First message", "Second message"]);
    });

    test("keeps the answers before an error", async () => {
      const requests = new Requests();
      const answers = client.getServerResponse(requests)[Symbol.asyncIterator]();
      requests.send("First message");
      assert.equal((await answers.next()).value?.message, "First message");
      requests.send("");
      const error = await failure(answers.next());
      assert.equal(error.code, Code.InvalidArgument);
      assert.equal(error.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field, "message");
    });

    for (const [ending, code] of [["deadline", Code.DeadlineExceeded], ["cancel", Code.Canceled]] as const) {
      test(`ends with a ${ending}`, async () => {
        const requests = new Requests();
        const call = new AbortController();
        const answers = client.getServerResponse(requests, {
          headers: { "X-Request-Id": `${ending}-${name.replaceAll(" ", "-")}` },
          signal: call.signal,
          timeoutMs: ending === "deadline" ? 500 : undefined,
        })[Symbol.asyncIterator]();
        requests.send("First message");
        assert.equal((await answers.next()).value?.message, "First message");
        const next = failure(answers.next());
        if (ending === "cancel") call.abort();
        assert.equal((await next).code, code);
      });
    }
  });
}
