import { ConnectError } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { formatCursor, parseCursor, publish, subscribe } from "../../../clients/ts/src/index.js";
import { onPublish, onStartOver, showFailure, showGap, showMessages, showProgress, showReceipt, showState, source } from "./feed-page.js";

const { server, topic } = source();
const transport = createGrpcWebTransport({ baseUrl: server });

// How far this page has read survives a reload, and a tab that was closed.
const place = `parley ${server} ${topic}`;
onStartOver(() => localStorage.removeItem(place));

async function follow(): Promise<void> {
  const cursor = parseCursor(localStorage.getItem(place));
  showProgress(cursor?.sequence);
  const start = cursor ? { after: cursor } : { last: 100 };
  for await (const event of subscribe(transport, { topic, start, onState: showState })) {
    if (event.type === "gap") showGap(event.gap);
    else showMessages(event.messages);
    localStorage.setItem(place, formatCursor(event.cursor)); // once it is shown
    showProgress(event.cursor.sequence, event.lastSequence);
  }
}

follow().catch((thrown) => showFailure(ConnectError.from(thrown)));

onPublish(async (text) => {
  try {
    // It gets an id, so a repeated call stores it once.
    const { cursor } = await publish(transport, { topic, messages: [{ payload: { case: "text", value: text } }] });
    showReceipt(`on disk as message ${cursor?.sequence}`);
  } catch (thrown) {
    showReceipt(`not published: ${ConnectError.from(thrown).message}`);
  }
});
