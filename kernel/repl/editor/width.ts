import stringWidth from "string-width";

const segmenter = new Intl.Segmenter();

/** The columns that a text takes in a terminal, colours not counted. */
export function widthOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

/** A text's characters as people count them. */
export function charactersOf(text: string): readonly string[] {
  if (/^[\x20-\x7e]*$/.test(text)) return [...text];
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** A text cut to a width, "…" telling that it was. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const character of charactersOf(text)) {
    if (widthOf(kept) + widthOf(character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
