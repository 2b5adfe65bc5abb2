// The server's life, in the hands of a test: see control_test.go.

/** Asks for it, and waits until it is done. */
export async function control(command: "kill" | "drain" | "start" | "freeze" | "thaw" | "left"): Promise<void> {
  const base = process.env["PARLEY_TEST_CONTROL"];
  if (!base) throw new Error("PARLEY_TEST_CONTROL is not set: run these tests with go test ./tests/node");
  const answer = await fetch(`${base}/${command}`, { method: "POST" });
  if (!answer.ok) throw new Error(`${command}: HTTP ${answer.status}`);
}

/** Waits until a condition holds, and fails if it does not within a minute: waits between attempts grow to 15 seconds. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const limit = Date.now() + 60_000; !(await holds()); ) {
    if (Date.now() > limit) throw new Error(`not within a minute: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
