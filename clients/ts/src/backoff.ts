import type { ConnectError } from "@connectrpc/connect";
import { askedDelay } from "./failure.js";
import { onWake } from "./wake.js";

const shortest = 100; // all in milliseconds
const longest = 15_000;
const steady = 10_000; // a stream that lived so long starts the count anew

/** Waits between attempts: longer each time, at random, and as long as the server asks. */
export class Backoff {
  private failures = 0;
  private since = Infinity;

  /** Notes that an attempt has got an answer. */
  answered(): void {
    this.since = Date.now();
  }

  /** Counts a failure and returns how long to wait, in milliseconds. */
  next(error: ConnectError): number {
    if (Date.now() - this.since > steady) this.failures = 0;
    this.since = Infinity;
    const limit = Math.min(shortest * 2 ** this.failures++, longest);
    const own = limit * (1 + Math.random()) / 2;
    const asked = askedDelay(error) ?? 0;
    return Math.max(own, asked * (1 + Math.random() / 2)); // not everybody at once
  }

  /**
   * Waits, and not to the end if the page wakes, for then the cause may be gone:
   * but never less than the server asked for in `error`. An abort ends it at once.
   */
  async wait(delay: number, error: ConnectError, signal?: AbortSignal): Promise<void> {
    const asked = askedDelay(error) ?? 0;
    await new Promise<void>((resolve) => {
      if (signal?.aborted) return resolve();
      const begun = Date.now();
      let timer = setTimeout(end, delay);
      const stopWaking = onWake(() => {
        this.failures = 0;
        clearTimeout(timer);
        timer = setTimeout(end, Math.max(0, asked - (Date.now() - begun)));
      });
      signal?.addEventListener("abort", end);
      function end() {
        clearTimeout(timer);
        stopWaking();
        signal?.removeEventListener("abort", end);
        resolve();
      }
    });
  }
}
