import { currentCell } from "../cell";

/** One of the process's streams, by Jupyter's name. */
export type StreamName = "stdout" | "stderr";

/** Sends what the process prints to the cell that prints it; what no cell prints goes where it went. */
export function redirectStream(name: StreamName): void {
  const stream = process[name];
  const before = stream.write.bind(stream);
  const decoder = new TextDecoder();
  const write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    const cell = currentCell();
    if (cell === undefined) return before(chunk);
    const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    if (text !== "") cell.publish("stream", { name, text });
    const done = rest.at(-1);
    if (typeof done === "function") process.nextTick(done);
    return true;
  };
  Object.assign(stream, { write });
}
