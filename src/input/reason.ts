/** What went wrong, in a line. */
import { TensorFlowError } from "../tensorflow";

/** Why a file could not be read or decoded. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const reason = error instanceof TensorFlowError ? cleaned(error.reason) : error.message;
  return reason.split("\n", 1)[0] ?? reason;
}

/** TensorFlow's message without its names of nodes. */
export function cleaned(reason: string): string {
  return reason
    .replace(/\{\{[^}]*\}\}\s*/g, "")
    .replace(
      /^Error in user-defined function passed to \S+ transformation with iterator: Iterator::\S+: /,
      "",
    )
    .replace(/\s*\[\[.*?\]\]/gs, "")
    .replace(/\s*\[Op:\w+\][\s\S]*$/, "")
    .replace(/ : Tensor had Inf values$/, "") // CheckNumerics, see parseExample()
    .trim();
}
