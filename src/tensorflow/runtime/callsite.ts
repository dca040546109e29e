// Frames of the library's floor, of tfjs and of Node; what is left is the caller's.
const FOREIGN =
  /node_modules|[\\/]src[\\/](tensorflow|interrupt)[\\/]|node:internal|\(native\)|<anonymous>\)?$/;

/** " at <function> (<file>:<line>:<column>)" of the nearest caller outside the library's floor, or "". */
export function userFrame(): string {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = before;
  const frame = stack
    .split("\n")
    .slice(1)
    .find((line) => !FOREIGN.test(line));
  return frame === undefined ? "" : ` ${frame.trim()}`;
}
