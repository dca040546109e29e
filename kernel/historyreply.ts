import type { History, HistoryEntry } from "./history";
import type { Json } from "./protocol";

/** Answers a history_request; cells are given as they were typed. */
export function historyReply(history: History, request: Json): Json {
  return { status: "ok", history: entries(history, request) };
}

function entries(history: History, request: Json): HistoryEntry[] {
  const { hist_access_type: access, n, unique, pattern, session, start, stop } = request;
  const options = { raw: request["raw"] !== false, output: request["output"] === true };
  const count = typeof n === "number" ? n : undefined;
  switch (access) {
    case "tail":
      return history.tail(count ?? 10, options);
    case "range":
      return history.range(
        integer(session, 0),
        integer(start, 1),
        stop === null ? undefined : integer(stop, 0),
        options,
      );
    case "search":
      return history.search(typeof pattern === "string" ? pattern : "*", {
        ...options,
        unique: unique === true,
        ...(count !== undefined && { n: count }),
      });
    default:
      throw new TypeError(
        `Cannot read history: expected hist_access_type "tail", "range" or "search", got ${JSON.stringify(access)}`,
      );
  }
}

function integer(value: unknown, otherwise: number): number {
  return typeof value === "number" ? Math.trunc(value) : otherwise;
}
