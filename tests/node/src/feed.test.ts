// The live feed of examples/browser in a real Chromium. The tests run one after
// the other: they share the server, which some of them take away.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { devtools, launch, limit } from "./chromium.js";
import { control, eventually } from "./control.js";
import { allowedOrigin, refusedOrigin, server } from "./environment.js";
import { messages, newTopic, numbers, put, text, texts, topics } from "./topics.js";

let browser: Browser;
let context: BrowserContext;
before(async () => {
  browser = await launch();
});
after(() => browser.close());
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(async () => {
  await control("thaw"); // the next test needs it, however this one ended
  await context.close();
});

/** Opens the feed of a topic. The page notes each message and each state that it ever shows. */
async function open(topic: string, origin = allowedOrigin()): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(limit);
  await page.addInitScript(() => {
    const shown: string[] = [];
    const states: string[] = [];
    Object.assign(globalThis, { shown, states });
    new MutationObserver((changes) => {
      for (const { addedNodes, target } of changes) {
        if (target instanceof HTMLElement && target.id === "connection") states.push(target.innerText);
        for (const node of addedNodes) {
          if (node instanceof HTMLLIElement) shown.push(node.className === "gap" ? "gap" : node.querySelector("b")!.textContent!);
        }
      }
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(`${origin}/example/feed.html?${new URLSearchParams({ server, topic })}`);
  return page;
}

/** Everything the page has shown since it was loaded, in that order. */
const shown = (page: Page) => page.evaluate(() => (globalThis as unknown as { shown: string[] }).shown);

/** Waits until the page has come to a message. */
const reaches = (page: Page, last: number) => page.locator("#connection", { hasText: new RegExp(`up to message ${last}$`) }).waitFor();

/** Waits until the page shows a state of its connection. */
const is = (page: Page, phase: string) => page.locator(`#connection.${phase}`).waitFor();

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => String(first + i));

async function publish(page: Page, words: string): Promise<void> {
  await page.getByLabel("Message").fill(words);
  await page.getByRole("button", { name: "Publish" }).click();
}

describe("the live feed", () => {
  test("shows the newest 100, and then what is published, from the page too", async () => {
    const topic = await newTopic();
    await put(topic, numbers(1, 120));
    const page = await open(topic);
    await reaches(page, 120);
    await put(topic, numbers(121, 125));
    await reaches(page, 125);
    await publish(page, "from the page");
    await page.locator("#receipt", { hasText: "on disk as message 126" }).waitFor();
    await reaches(page, 126);
    assert.deepEqual(await shown(page), range(21, 126));
    assert.match(await page.locator("li").last().innerText(), /from the page$/);
    const stored = await messages.readMessages({ topic, start: { position: { case: "sequence", value: 126n } } });
    assert.equal(text(stored.messages[0]!), "from the page");
    assert.match(stored.messages[0]!.id, /^[0-9a-f]{32}$/);
  });

  test("goes on after kill -9 of the server: no gap, no duplicate, in order", async () => {
    const topic = await newTopic();
    const page = await open(topic);
    let last = 0;
    let publishing = true;
    const publisher = (async () => {
      while (publishing) {
        // A page that is further behind leaves out all but the newest 300.
        await eventually("the page follows", async () => last < (await shown(page)).length + 150);
        await put(topic, numbers(last + 1, (last += 2)));
      }
    })();
    for (let turn = 0; turn < 3; turn++) {
      const before = last;
      await eventually("messages flow", async () => last > before + 40 && (await shown(page)).length > before);
      await control("kill");
      await is(page, "waiting");
      await control("start");
    }
    publishing = false;
    await publisher;
    await reaches(page, last);
    assert.deepEqual(await shown(page), range(1, last));
  });

  test("notices a server that has fallen silent", async () => {
    const topic = await newTopic();
    await put(topic, numbers(1, 5));
    const page = await open(topic);
    await reaches(page, 5);
    await page.clock.install(); // the heartbeat interval is 15 s: do not live through it
    await page.reload();
    await reaches(page, 5);
    await control("freeze");
    await page.clock.runFor(31_000);
    const states = () => page.evaluate(() => (globalThis as unknown as { states: string[] }).states);
    await eventually("it notices", async () => (await states()).some((state) => /silent for 30 s/.test(state)));
    await control("thaw");
    await page.clock.resume();
    await put(topic, numbers(6, 9));
    await reaches(page, 9);
    assert.deepEqual(await shown(page), range(6, 9));
  });

  test("goes on where it was after a reload", async () => {
    const topic = await newTopic();
    await put(topic, numbers(1, 10));
    const page = await open(topic);
    await reaches(page, 10);
    await page.goto("about:blank");
    await control("left");
    await put(topic, numbers(11, 20));
    await page.goBack();
    await reaches(page, 20);
    await page.reload();
    await put(topic, numbers(21, 30));
    await reaches(page, 30);
    assert.deepEqual(await shown(page), range(21, 30));
  });

  test("goes on where it was in a new tab, and starts over if told to", async () => {
    const topic = await newTopic();
    await put(topic, numbers(1, 10));
    const first = await open(topic);
    await reaches(first, 10);
    await first.close();
    await control("left"); // a renderer may outlive its tab for a moment, and go on reading
    await put(topic, numbers(11, 20));
    const second = await open(topic);
    await reaches(second, 20);
    assert.deepEqual(await shown(second), range(11, 20));
    await second.getByRole("button", { name: "Start over" }).click();
    await eventually("it starts over", async () => (await shown(second).catch(() => [])).length === 20);
    assert.deepEqual(await shown(second), range(1, 20));
  });

  test("misses nothing while its tab is frozen", async () => {
    const topic = await newTopic();
    await put(topic, numbers(1, 10));
    const page = await open(topic);
    await reaches(page, 10);
    const session = await devtools(page);
    await session.send("Page.setWebLifecycleState", { state: "frozen" });
    await put(topic, numbers(11, 200));
    await session.send("Page.setWebLifecycleState", { state: "active" });
    await reaches(page, 200);
    assert.deepEqual(await shown(page), range(1, 200));
  });

  test("goes on at once when the network is back", async () => {
    const topic = await newTopic();
    await put(topic, numbers(1, 10));
    const page = await open(topic);
    await reaches(page, 10);
    await context.setOffline(true);
    await control("kill"); // Chromium's offline mode lets streams live that are open
    await control("start");
    // Long enough for waits of 4 s and more, which coming online has to cut short.
    await page.locator("#connection", { hasText: /again in \d*[4-9]\.\d s|again in 1\d/ }).waitFor();
    await put(topic, numbers(11, 20));
    const begun = Date.now();
    await context.setOffline(false);
    await reaches(page, 20);
    assert.ok(Date.now() - begun < 3_900, `it took ${Date.now() - begun} ms`);
    assert.deepEqual(await shown(page), range(1, 20));
  });

  test("shows what retention removed while it was away as a gap", async () => {
    const topic = await newTopic();
    await put(topic, numbers(1, 10));
    const page = await open(topic);
    await reaches(page, 10);
    await page.goto("about:blank");
    await control("left");
    await put(topic, numbers(11, 30));
    await topics.purgeTopic({ name: topic, beforeSequence: 21n });
    await page.goBack();
    await reaches(page, 30);
    assert.deepEqual(await shown(page), ["gap", ...range(21, 30)]);
    assert.match(await page.locator("li.gap").innerText(), /^Messages 11 to 20 are missing: .*retention.*Goes on at 21/);
  });

  test("shows that a topic was created again", async () => {
    const topic = await newTopic();
    await put(topic, numbers(1, 10));
    const page = await open(topic);
    await reaches(page, 10);
    await page.goto("about:blank");
    await control("left");
    await topics.deleteTopic({ name: topic });
    await topics.createTopic({ topic: { name: topic } });
    await put(topic, numbers(1, 3));
    await page.goBack();
    await reaches(page, 3);
    assert.deepEqual(await shown(page), ["gap", ...range(1, 3)]);
    assert.match(await page.locator("li.gap").innerText(), /created again/);
  });

  test("publishes once into a server that dies", async () => {
    const topic = await newTopic();
    const page = await open(topic);
    await is(page, "connected");
    await control("freeze");
    await publish(page, "once");
    await page.locator("#receipt", { hasText: "sending" }).waitFor();
    await control("kill");
    await control("start");
    await page.locator("#receipt", { hasText: "on disk as message 1" }).waitFor();
    await reaches(page, 1);
    const { topic: state } = await topics.getTopic({ name: topic });
    assert.equal(state?.lastSequence, 1n);
  });

  test("says that the topic does not exist", async () => {
    const page = await open("nowhere");
    await is(page, "failed");
    assert.match(await page.locator("#connection").innerText(), /not_found.*no such topic/);
  });

  test("is refused from an origin that is not allowed", async () => {
    const topic = await newTopic();
    await put(topic, numbers(1, 10));
    const page = await open(topic, refusedOrigin());
    await is(page, "waiting");
    await publish(page, "from a stranger");
    await page.locator("#connection", { hasText: /again in [1-9]/ }).waitFor(); // some attempts later
    assert.deepEqual(await shown(page), []);
    const { topic: state } = await topics.getTopic({ name: topic });
    assert.equal(state?.lastSequence, 10n);
  });

  test("stays small over 20,000 messages", async (t) => {
    const topic = await newTopic();
    await put(topic, numbers(1, 1));
    const page = await open(topic);
    const session = await devtools(page);
    await session.send("Performance.enable");
    async function measure() {
      await session.send("HeapProfiler.collectGarbage");
      const { metrics } = await session.send("Performance.getMetrics");
      const of = (name: string) => metrics.find((metric) => metric.name === name)!.value;
      return { heap: of("JSHeapUsedSize"), nodes: of("Nodes"), listeners: of("JSEventListeners") };
    }
    const words = "a message of a usual size, that is about a hundred bytes, so that twenty thousand are two million";
    const fill = (first: number, last: number) => put(topic, texts(...range(first, last).map((i) => `${i} ${words}`)));
    await fill(2, 4_000);
    await reaches(page, 4_000);
    const before = await measure();
    for (let last = 8_000; last <= 20_000; last += 4_000) {
      await fill(last - 3_999, last);
      await reaches(page, last);
    }
    await page.evaluate(() => ((globalThis as unknown as { shown: string[] }).shown.length = 0)); // the test's own
    const end = await measure();
    t.diagnostic(`heap ${before.heap} to ${end.heap} bytes, nodes ${before.nodes} to ${end.nodes}`);
    assert.equal(await page.locator("li").count(), 300);
    assert.deepEqual(await page.locator("li b").allInnerTexts(), range(19_701, 20_000));
    assert.ok(end.heap < before.heap + 2e6, `the heap grew from ${before.heap} to ${end.heap} bytes`);
    assert.ok(end.nodes < before.nodes + 500, `the nodes grew from ${before.nodes} to ${end.nodes}`);
    assert.ok(end.listeners < before.listeners + 20, `the listeners grew from ${before.listeners} to ${end.listeners}`);
  });

  // For the README: PARLEY_TEST_FEED_SCREENSHOT=FILE go test ./tests/node -run Feed
  const picture = process.env["SCREENSHOT"];
  test("has its picture taken", { skip: !picture && "no file was asked for" }, async () => {
    await topics.createTopic({ topic: { name: "orders" } });
    await put("orders", texts("table 4: two coffees", "table 4: one tea", "table 7: a lemonade"));
    const page = await open("orders");
    await reaches(page, 3);
    await context.setOffline(true);
    await control("kill");
    await control("start");
    await put("orders", texts("table 2: three espressos", "table 7: the bill", "table 1: one tea", "table 4: a cake"));
    await topics.purgeTopic({ name: "orders", beforeSequence: 6n });
    await context.setOffline(false);
    await reaches(page, 7);
    for (const words of ["table 9: two hot chocolates", "table 2: another espresso", "table 4: the bill, please"]) {
      await publish(page, words);
      await page.locator("li", { hasText: words }).waitFor();
    }
    await page.getByLabel("Server").fill("http://127.0.0.1:8080");
    await page.getByLabel("Message").fill("table 9: the bill");
    await page.setViewportSize({ width: 760, height: 765 });
    await page.screenshot({ path: picture! });
  });
});
