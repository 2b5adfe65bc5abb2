// What is on the page of the live feed. Nothing in here knows of RPCs.
import type { ConnectError } from "@connectrpc/connect";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { ConnectionState } from "../../../clients/ts/src/index.js";
import type { Message } from "../../../gen/es/parley/messaging/v1/message_pb.js";
import { GapReason, type Gap } from "../../../gen/es/parley/messaging/v1/position_pb.js";

const kept = 300; // entries: the page may stay open for days
const find = <T extends HTMLElement>(selector: string) => document.querySelector<T>(selector)!;
const list = find("ol");
let phase = "";
let progress = "";

/** The server and the topic, from the page's address; the form shows them. */
export function source(): { server: string; topic: string } {
  const given = new URLSearchParams(location.search);
  const found = { server: given.get("server") || "http://127.0.0.1:8080", topic: given.get("topic") || "orders" };
  for (const [name, value] of Object.entries(found)) find<HTMLInputElement>(`input[name=${name}]`).value = value;
  return found;
}

/** Shows messages; of many, the newest. */
export function showMessages(messages: Message[]): void {
  add(messages.slice(-kept).map(({ sequence, publishTime, key, payload }) => {
    const time = publishTime ? timestampDate(publishTime).toLocaleTimeString() : "";
    const text = payload.case === "text" ? payload.value : `${payload.value?.length ?? 0} bytes`;
    return entry("message", [["b", String(sequence)], ["time", time], ["span", key ? `[${key}] ${text}` : text]]);
  }));
}

/** Shows that messages are missing, and why. */
export function showGap({ reason, firstMissing, lastMissing, resumedAt }: Gap): void {
  const [what, why] =
    reason === GapReason.TOPIC_RECREATED ? ["The topic was created again", "what followed in the former one is gone"]
    : [lastMissing ? `Messages ${firstMissing} to ${lastMissing} are missing` : `Messages from ${firstMissing} on are missing`,
      reason === GapReason.RETENTION ? "no longer kept (retention)" : "lost by the storage, or skipped when it was restored or recovered"];
  add([entry("gap", [["span", `${what}: ${why}. Goes on at ${resumedAt}.`]])]);
}

/** Shows how the connection is. */
export function showState(state: ConnectionState): void {
  phase = state.phase;
  if (state.phase === "connecting") render("Connecting");
  else if (state.phase === "connected") render("Connected");
  else render(`No connection (${state.error.rawMessage}); trying again in ${(state.delayMs / 1000).toFixed(1)} s`);
}

/** Shows how far the feed has come, and how far there is to go. */
export function showProgress(sequence = 0n, last?: bigint): void {
  const behind = last === undefined ? 0n : last - sequence;
  progress = behind > 0n ? `${behind} to come` : sequence > 0n ? `up to message ${sequence}` : "";
  render(find("#connection").dataset["state"] ?? "");
}

/** Shows why the feed has ended. */
export function showFailure(error: ConnectError): void {
  phase = "failed";
  render(`${error.message}. Reload the page to try again`);
}

/** Shows what became of what was published. */
export function showReceipt(text: string): void {
  find("#receipt").textContent = text;
}

/** Calls publish with each message. */
export function onPublish(publish: (text: string) => Promise<void>): void {
  const form = find<HTMLFormElement>("#publish");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = new FormData(form).get("text") as string;
    form.reset();
    showReceipt("sending");
    await publish(text);
  });
}

/** Calls forget before the page starts over. */
export function onStartOver(forget: () => void): void {
  find("#again").addEventListener("click", () => {
    forget();
    location.reload();
  });
}

function render(state: string): void {
  const line = find("#connection");
  line.dataset["state"] = state;
  line.className = phase;
  line.textContent = progress ? `${state} · ${progress}` : state;
}

function entry(kind: string, parts: [tag: string, text: string][]): HTMLLIElement {
  const item = document.createElement("li");
  item.className = kind;
  for (const [tag, text] of parts) item.appendChild(document.createElement(tag)).textContent = text;
  return item;
}

function add(entries: HTMLLIElement[]): void {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(...entries);
  while (list.childElementCount > kept) list.firstElementChild!.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}
