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

/** As JupyterLab sets what is printed; its HTML has other letters, and margins. */
const printed =
  "margin:0;padding:0;font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)";

/** Text as it stands, in lines. */
export function preformatted(text: string): string {
  return `<pre style="${printed}">${escapeHtml(text)}</pre>`;
}

/** A line that tells of what is drawn, smaller than that. */
export function note(text: string): string {
  return `<div><small style="opacity:.75">${escapeHtml(text)}</small></div>`;
}

/** A picture that stands in the page itself, never wider than that. @param width  on the page; undefined for its own */
export function inlineImage(type: string, base64: string, width?: number): string {
  const size = width === undefined ? "" : `width:${width}px;image-rendering:pixelated;`;
  return `<img style="${size}max-width:100%;margin:0" src="data:${type};base64,${base64}">`;
}
