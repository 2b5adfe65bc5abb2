import { fromJsonString, toJsonString } from "@bufbuild/protobuf";
import { CursorSchema, type Cursor } from "../../../gen/es/parley/messaging/v1/position_pb.js";

/** Writes a cursor as text, for localStorage, a file or a column. */
export function formatCursor(cursor: Cursor): string {
  return toJsonString(CursorSchema, cursor);
}

/**
 * Reads what {@link formatCursor} wrote. Nothing stored (`null`, `undefined`)
 * gives `undefined`. Throws on any other text: to start somewhere else without a
 * word would hide messages.
 */
export function parseCursor(text: string | null | undefined): Cursor | undefined {
  return text == null ? undefined : fromJsonString(CursorSchema, text);
}
