const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as HTML that shows just this text, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** A value as JSON that is safe inside a <script> element: no text in it can end the element. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A bar of how much is done; one that only moves, if nobody knows of how much. */
export function barHtml(done: number, total: number | undefined): string {
  const value = total === undefined ? "" : ` max="${total}" value="${done}"`;
  return `<progress style="width:320px;max-width:100%"${value}></progress>`;
}
