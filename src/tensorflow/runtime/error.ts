/** TensorFlow's own name of what went wrong, as in absl::StatusCode. */
export type TensorFlowCode =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

const CODES: readonly TensorFlowCode[] = [
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** An operation that TensorFlow refused, with TensorFlow's own message, its code and the operation's name. */
export class TensorFlowError extends Error {
  override readonly name = "TensorFlowError";
  constructor(
    readonly op: string,
    readonly code: TensorFlowCode,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot execute "${op}": ${code}: ${reason}`, options);
  }
}

/** What an error says went wrong, for the end of another error's message. */
export function reasonOf(error: unknown): string {
  if (error instanceof TensorFlowError) return `${error.code}: ${error.reason}`;
  return error instanceof Error ? error.message : String(error);
}

// The stock binding says `Invalid TF_Status: <number>\nMessage: <text>`
const STOCK = /^Invalid TF_Status: (\d+)\nMessage: ([\s\S]*)$/;

/** The error of the addon or of the stock binding as a TensorFlowError; anything else as it is. */
export function asTensorFlowError(op: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TensorFlowError) return error;
  const stock = STOCK.exec(error.message);
  if (stock !== null)
    return new TensorFlowError(op, CODES[Number(stock[1]) - 1] ?? "UNKNOWN", stock[2] ?? "");
  const code = (error as { code?: unknown }).code;
  const known = CODES.find((name) => name === code);
  return known === undefined ? error : new TensorFlowError(op, known, error.message);
}
