/** Messages in protobuf's text form, as saved_model.pbtxt and `checkpoint` files have them. */

/** A message: for each field its values, in their order. */
export type TextMessage = ReadonlyMap<string, readonly TextValue[]>;

/** A message; or a number, a name, or a string between quotes as it stands in the text, see unquoteText(). */
export type TextValue = TextMessage | string;

/**
 * Reads a message in text form, of any type.
 * @throws {RangeError} that says at which character it is none
 * @see https://protobuf.dev/reference/protobuf/textformat-spec
 */
export function parseText(text: string): TextMessage {
  return readMessage(new Tokens(text), "");
}

/** A string without its quotes and C escapes, or several after each other; the bytes are UTF-8. */
export function unquoteText(value: string): string {
  const strings = value.matchAll(/"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'/g);
  return [...strings].map(([, double, single]) => unescapeText(double ?? single ?? "")).join("");
}

/** A string without C escapes; the bytes are UTF-8. */
export function unescapeText(text: string): string {
  const bytes = [...text.matchAll(/\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|[^])|[^\\]+/g)].map(([whole, escape]) => {
    if (escape === undefined) return Buffer.from(whole);
    if (/^[0-7]/.test(escape)) return Buffer.from([parseInt(escape, 8)]);
    if (/^x./.test(escape)) return Buffer.from([parseInt(escape.slice(1), 16)]);
    return Buffer.from({ n: "\n", r: "\r", t: "\t" }[escape] ?? escape);
  });
  return Buffer.concat(bytes).toString("utf8");
}

function readMessage(tokens: Tokens, end: string): TextMessage {
  const fields = new Map<string, TextValue[]>();
  while (tokens.next !== end) {
    const field = tokens.next.startsWith("[") ? readExtension(tokens) : tokens.take();
    if (!/^[\w./[\]]+$/.test(field)) tokens.fail(end === "" ? "a field" : `a field or ${end}`, field);
    const values = fields.get(field) ?? [];
    fields.set(field, values);
    const isValue = tokens.skip(":");
    if (isValue && tokens.skip("[")) {
      while (!tokens.skip("]")) {
        values.push(readValue(tokens));
        tokens.skip(",");
      }
    } else values.push(readValue(tokens));
    while (tokens.skip(",") || tokens.skip(";"));
  }
  tokens.take();
  return fields;
}

/** "[type.googleapis.com/tensorflow.Name]" */
function readExtension(tokens: Tokens): string {
  let name = tokens.take();
  while (!name.endsWith("]")) name += tokens.take() || tokens.fail("]", "");
  return name;
}

function readValue(tokens: Tokens): TextValue {
  const first = tokens.take();
  if (first === "{") return readMessage(tokens, "}");
  if (first === "<") return readMessage(tokens, ">");
  if (!/^[\w.+"'-]/.test(first)) tokens.fail("a value", first);
  let value = first;
  while (/^["']/.test(first) && /^["']/.test(tokens.next)) value += tokens.take();
  return value;
}

/** A text's words, numbers, strings and signs, one after the other. */
class Tokens {
  /** What comes next; "" at the end. */
  next = "";
  private at = 0;

  constructor(private readonly text: string) {
    this.take();
  }

  /** Gives what comes next, and goes on. */
  take(): string {
    const { next, text } = this;
    const start = endOf(/(?:\s|#[^\n]*)*/y, text, this.at);
    const isString = text[start] === '"' || text[start] === "'";
    this.at = isString ? endOfString(text, start) : endOf(/[\w.+-]+|[^]?/y, text, start);
    this.next = text.slice(start, this.at);
    return next;
  }

  /** Goes on if this comes next. @returns whether it does */
  skip(token: string): boolean {
    if (this.next !== token) return false;
    this.take();
    return true;
  }

  fail(expected: string, got: string): never {
    const shown = got === "" ? "its end" : JSON.stringify(got.slice(0, 20));
    throw new RangeError(`Cannot read text: expected ${expected} near character ${this.at}, got ${shown}`);
  }
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

/** Tensors may be strings of megabytes, too long for a regular expression. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== text[start]) at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}
