/** The elements of index.html. */

/** One by its id. @throws {Error} if the page has no such one */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`Cannot show the page: expected an element "${id}", got none`);
}

/** A new element with a class and text. */
export function made<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = "",
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

const error = element("error", HTMLParagraphElement);

/** Says what went wrong. */
export function tell(problem: Error): void {
  error.textContent = problem.message;
  error.hidden = false;
}

/** Takes away what went wrong before. */
export function untell(): void {
  error.hidden = true;
}
