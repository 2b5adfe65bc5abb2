// A real Chromium against the real server, from a page of another origin.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Format, Options, Outcome } from "../page/grpcweb.js";
import { devtools, launch, limit } from "./chromium.js";
import { eventually } from "./control.js";
import { allowedOrigin, answer, greeting, refusedOrigin, server } from "./environment.js";
import { newTopic, put, texts } from "./topics.js";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

async function open(origin: string, path: string): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(limit);
  await page.goto(origin + path);
  return page;
}

/** Makes every answer of the network late. */
async function slowNetwork(page: Page): Promise<void> {
  const session = await devtools(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false, latency: 4_000, downloadThroughput: -1, uploadThroughput: -1,
  });
}

describe("examples/browser", () => {
  /** Fills in the form, presses Send and returns the page. */
  async function send(origin: string, message: string, slow = false, deadline = ""): Promise<Page> {
    const page = await open(origin, "/example/");
    await page.getByLabel("Server").fill(server);
    await page.getByLabel("Message").fill(message);
    await page.getByLabel("Deadline").fill(deadline);
    if (slow) await slowNetwork(page);
    await page.getByRole("button", { name: "Send" }).click();
    return page;
  }
  const shown = (page: Page, kind: string) => page.locator(`article.${kind}`).innerText();

  test("shows the answer", async () => {
    const page = await send(allowedOrigin(), greeting);
    assert.equal(await shown(page, "answer"), answer);
    assert.equal(await page.locator("article.error").count(), 0);
    await page.close();
  });

  test("shows which rule a message breaks", async () => {
    const page = await send(allowedOrigin(), "");
    const error = await shown(page, "error");
    assert.match(error, /^InvalidArgument: /);
    assert.match(error, /\nmessage: .*at least 1/);
    await page.close();
  });

  test("gives up at the deadline", async () => {
    const page = await send(allowedOrigin(), greeting, true, "300");
    assert.match(await shown(page, "error"), /^DeadlineExceeded: /);
    assert.equal(await page.locator("article.answer").count(), 0);
    await page.close();
  });

  test("cancels a call", async () => {
    const page = await send(allowedOrigin(), greeting, true);
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.match(await shown(page, "error"), /^Canceled: /);
    assert.equal(await page.locator("article.answer").count(), 0);
    await page.close();
  });

  test("is refused from an origin that is not allowed", async () => {
    const page = await send(refusedOrigin(), greeting);
    assert.match(await shown(page, "error"), /^(Unavailable|Unknown|Internal|PermissionDenied): /);
    assert.equal(await page.locator("article.answer").count(), 0);
    await page.close();
  });

  // For the README: PARLEY_TEST_SCREENSHOT=FILE go test ./tests/node -run Browser
  const picture = process.env["SCREENSHOT"];
  test("has its picture taken", { skip: !picture && "no file was asked for" }, async () => {
    const page = await send(allowedOrigin(), greeting);
    await page.locator("article.answer").waitFor();
    await page.getByLabel("Message").fill("");
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator("article.error").waitFor();
    await page.getByLabel("Message").fill("Anything else?");
    await page.getByLabel("Server").fill("http://127.0.0.1:8080");
    await page.setViewportSize({ width: 760, height: 640 });
    await page.screenshot({ path: picture! });
    await page.close();
  });
});

for (const format of ["text", "binary"] as Format[]) {
  describe(`Google's grpc-web, ${format}`, () => {
    let page: Page;
    before(async () => {
      page = await open(allowedOrigin(), "/grpcweb/");
    });
    after(() => page.close());

    const call = (name: string, message: string, options: Options = {}, from = page) =>
      from.evaluate(
        (args) => (globalThis as any).parley.call(...args) as Promise<Outcome>,
        [server, format, name, message, options] as const,
      );

    test("answers, and returns the request id", async () => {
      const outcome = await call("ask", greeting, { requestId: `id-grpc-web-${format}` });
      assert.equal(outcome.error, undefined);
      assert.deepEqual(outcome.messages, [answer]);
    });

    test("carries text of every length of padding", async () => {
      for (const message of ["a", "bb", "ccc", "dddd", "世界", "x".repeat(65_536)]) {
        const outcome = await call("ask", message);
        assert.equal(outcome.error, undefined);
        assert.ok(outcome.messages[0]?.includes(message));
      }
    });

    test("explains a request that breaks the schema's rules", async () => {
      const { error, messages } = await call("ask", "");
      assert.equal(error?.code, 3);
      assert.deepEqual(messages, []);
      const details = Buffer.from(error?.metadata["grpc-status-details-bin"] ?? "", "base64").toString("latin1");
      assert.match(details, /google\.rpc\.ErrorInfo/);
      assert.match(details, /INVALID_FIELD/);
      assert.match(details, /google\.rpc\.BadRequest/);
    });

    // The stream stays open, so only text mode can hand over what has come.
    const untilTheEnd = format === "binary" && "XMLHttpRequest hands binary bodies over at their end";
    test("receives a message of a stream that goes on", { skip: untilTheEnd }, async () => {
      const outcome = await call("watch", "", { cancelAfter: 1 });
      assert.equal(outcome.error, undefined);
      assert.deepEqual(outcome.messages, ["SERVING"]);
    });

    // Watch ends well when its time is over.
    test("receives a stream to its end", async () => {
      const outcome = await call("watch", "", { timeout: 500 });
      assert.equal(outcome.error, undefined);
      assert.deepEqual(outcome.messages, ["SERVING"]);
    });

    describe("messaging", () => {
      let topic: string;
      const words: string[] = [];
      before(async () => {
        topic = await newTopic();
        for (let i = 0; i < 3; i++) {
          const json = JSON.stringify({ topic, messages: [{ id: `id-${i}`, text: `word ${i}, 世界` }] });
          const outcome = await call("publish", json);
          assert.equal(outcome.error, undefined);
          assert.equal(JSON.parse(outcome.messages[0]!).receipt.firstSequence, String(i + 1));
          words.push(`word ${i}, 世界`);
        }
      });
      const delivered = (outcome: Outcome) =>
        outcome.messages.flatMap((json) => (JSON.parse(json).messages ?? []).map((message: { text: string }) => message.text));

      test("delivers what is stored", async () => {
        const outcome = await call("subscribe", JSON.stringify({ topic, stopAtHead: true }));
        assert.equal(outcome.error, undefined);
        assert.deepEqual(delivered(outcome), words);
      });

      test("delivers what is published meanwhile", { skip: untilTheEnd }, async () => {
        const live = call("subscribe", JSON.stringify({ topic, start: { end: true } }), { cancelAfter: 2 });
        await eventually("the first response is there", () => page.evaluate(() => (globalThis as any).parley.latest.messages.length === 1));
        await put(topic, texts("live"));
        assert.deepEqual(delivered(await live), ["live"]);
      });

      test("says that a topic does not exist", async () => {
        const { error } = await call("subscribe", JSON.stringify({ topic: "nowhere" }));
        assert.equal(error?.code, 5);
        assert.match(Buffer.from(error?.metadata["grpc-status-details-bin"] ?? "", "base64").toString("latin1"), /TOPIC_NOT_FOUND/);
      });
    });

    test("is refused from an origin that is not allowed", async () => {
      const stranger = await open(refusedOrigin(), "/grpcweb/");
      const outcome = await call("ask", greeting, {}, stranger);
      await stranger.close();
      assert.ok(outcome.error, "the call was not refused");
      assert.deepEqual(outcome.messages, []);
    });
  });
}
