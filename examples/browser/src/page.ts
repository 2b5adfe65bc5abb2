// What is on the page: reading the form, writing the conversation. Nothing in
// here knows of RPCs.

/** What the form says when a message is sent. The deadline is in milliseconds. */
export interface Sent {
  server: string;
  message: string;
  deadline: number | undefined;
}

/** Adds an entry to the conversation: a text and the lines that explain it. */
export function show(kind: "sent" | "answer" | "error", text: string, lines: string[] = []): void {
  const entry = document.createElement("article");
  entry.className = kind;
  for (const [tag, content] of [["p", text], ...lines.map((line) => ["li", line])] as [string, string][]) {
    const element = entry.appendChild(document.createElement(tag));
    element.textContent = content;
  }
  document.querySelector("output")?.append(entry);
  entry.scrollIntoView({ block: "end" });
}

/** Calls send with each message, one at a time. */
export function onSend(send: (sent: Sent) => Promise<void>): void {
  const form = document.querySelector("form")!;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = (name: string) => new FormData(form).get(name) as string;
    const sent = { server: field("server"), message: field("message"), deadline: Number(field("deadline")) || undefined };
    show("sent", sent.message || "(an empty message)");
    form.classList.add("busy");
    await send(sent).finally(() => form.classList.remove("busy"));
  });
}

/** Calls cancel when the button for it is pressed. */
export function onCancel(cancel: () => void): void {
  document.querySelector("#cancel")!.addEventListener("click", cancel);
}
