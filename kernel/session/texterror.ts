import { basename } from "node:path";

/** What is wrong with a text, and where; line and column from 1. */
export class TextError extends SyntaxError {
  constructor(message: string, path: string, line: number, column: number) {
    super(`${message.replace(/\.$/, "")} (${basename(path)}, line ${line}, column ${column})`);
    this.stack = `${String(this)}\n    at ${path}:${line}:${column}`;
  }

  override get name(): string {
    return "SyntaxError";
  }
}

/** The data of a JSON file's text. */
export function parseData(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = Number(/ position (\d+)/.exec(error.message)?.[1] ?? text.length);
    const before = text.slice(0, at).split("\n");
    throw new TextError(error.message, path, before.length, (before.at(-1)?.length ?? 0) + 1);
  }
}
