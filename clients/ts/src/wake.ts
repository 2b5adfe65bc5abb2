/** Why it may be worth trying now what failed a while ago. */
export type Wake = "visible" | "online";

/**
 * Calls back when the page becomes visible and when the network comes back, until
 * the function it returns is called. Where there is no page, as in Node, it never
 * does.
 */
export function onWake(wake: (why: Wake) => void): () => void {
  const page = globalThis.document as Document | undefined;
  const scope = globalThis as Partial<Pick<Window, "addEventListener" | "removeEventListener">>;
  const visible = () => page?.visibilityState === "visible" && wake("visible");
  const online = () => wake("online");
  page?.addEventListener("visibilitychange", visible);
  scope.addEventListener?.("online", online);
  return () => {
    page?.removeEventListener("visibilitychange", visible);
    scope.removeEventListener?.("online", online);
  };
}
