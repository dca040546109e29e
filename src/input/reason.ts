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
