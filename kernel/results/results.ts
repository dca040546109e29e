import { inspect } from "node:util";
import type { Session } from "../session/api";
import { isObject } from "../session/interop";
import { isSmall } from "./small";

/** Names of the last values, the newest first, as IPython has them. */
const names = ["_", "__", "___"] as const;

/** `In` and `Out` know so many cells, */
const mostCells = 1000;

/** and `In` so many characters. */
const mostCharacters = 10_000_000;

/** Which cells use what is kept of the last value. */
const usesLast = /(?<![\w$.])(?:_{1,3}|Out)(?![\w$])/;

/** What cells see of the cells before, without declaring it; the last values' types come with them. */
const declarations = `
/** The values of cells by their number. What is large it knows only as long as something else does. */
declare const Out: { readonly [cell: number]: any };
/** The cells by their number, as they were typed. */
declare const In: { readonly [cell: number]: string };
`;

/**
 * The values that cells have shown, under the names that IPython gives them: `_`, `__`, `___` and `Out[n]`; and cells'
 * texts, `In[n]`. They keep nothing alive that is large: such a value is held until the next cell begins, through that cell if
 * it uses it, and after that only as long as something else holds it.
 */
export class Results {
  readonly #session: Session;
  readonly #values = new Shelf(Infinity);
  readonly #texts = new Shelf(mostCharacters);
  #last: readonly Result[] = [];
  /** The last value if it is a large one, as long as it is sure to be there. */
  readonly #held = new Set<object>();

  constructor(session: Session) {
    this.#session = session;
    const globals = { Out: this.#values.items, In: this.#texts.items };
    for (const [index, name] of names.entries())
      Object.defineProperty(globals, name, { get: () => this.#last[index]?.read(name), enumerable: true });
    session.define(globals, declarations);
  }

  /**
   * A cell begins.
   * @param cell  its number, undefined for one that is not counted
   */
  begin(code: string, cell: number | undefined): void {
    if (!usesLast.test(code)) this.#held.clear();
    if (cell !== undefined) this.#texts.put(cell, { value: code }, code.length);
  }

  /**
   * Takes the value that a cell has shown.
   * @param typeOfValue  in TypeScript's words
   */
  add(value: unknown, cell: number | undefined, typeOfValue: string): void {
    const result = new Result(value, cell, typeOfValue);
    this.#held.clear();
    if (result.large !== undefined) this.#held.add(result.large);
    this.#last = [result, ...this.#last].slice(0, names.length);
    if (cell !== undefined)
      this.#values.put(
        cell,
        result.large !== undefined ? { get: () => result.read(`Out[${cell}]`) } : { value },
        0,
      );
    const types: Record<string, string> = {};
    for (const [index, { type }] of this.#last.entries()) types[names[index] ?? ""] = type;
    this.#session.recall(types);
  }

  /** Forgets everything. */
  clear(): void {
    this.#last = [];
    this.#held.clear();
    this.#values.clear();
    this.#texts.clear();
  }
}

/** A cell's value; a large one only as long as it is held elsewhere. */
class Result {
  readonly type: string;
  readonly #cell: number | undefined;
  readonly #small: unknown;
  readonly #large: WeakRef<object> | undefined;

  constructor(value: unknown, cell: number | undefined, type: string) {
    [this.#cell, this.type] = [cell, type];
    if (isSmall(value)) this.#small = value;
    else this.#large = new WeakRef(isObject(value) ? value : new LongText(value));
  }

  /** What must be held for a large value to be there. */
  get large(): object | undefined {
    return this.#large?.deref();
  }

  /** @throws {ReferenceError} if it was let go of */
  read(name: string): unknown {
    if (this.#large === undefined) return this.#small;
    const value = this.large;
    if (value !== undefined) return value instanceof LongText ? value.text : value;
    const whose = this.#cell === undefined ? "a value" : `that of cell [${this.#cell}]`;
    throw new ReferenceError(
      `Cannot read ${name}: expected a value that is small or that a variable holds, got ${whose}, which was let go of`,
    );
  }
}

/** A large value that is no object, and so can't be held weakly. */
class LongText {
  constructor(readonly text: unknown) {}
}

/** Things by the number of their cell; of too many the oldest are let go of. */
class Shelf {
  readonly items: Record<number, unknown> = {};
  readonly #sizes = new Map<number, number>();
  readonly #mostSize: number;
  #size = 0;

  constructor(mostSize: number) {
    this.#mostSize = mostSize;
    const value = (): object =>
      Object.fromEntries([...this.#sizes.keys()].map((cell) => [cell, itemOf(this.items, cell)]));
    Object.defineProperty(this.items, inspect.custom, { value });
  }

  put(cell: number, property: PropertyDescriptor, size: number): void {
    this.#remove(cell);
    Object.defineProperty(this.items, cell, { ...property, enumerable: true, configurable: true });
    this.#sizes.set(cell, size);
    this.#size += size;
    for (const oldest of this.#sizes.keys()) {
      if (this.#sizes.size <= mostCells && this.#size <= this.#mostSize) break;
      this.#remove(oldest);
    }
  }

  clear(): void {
    for (const cell of [...this.#sizes.keys()]) this.#remove(cell);
  }

  #remove(cell: number): void {
    this.#size -= this.#sizes.get(cell) ?? 0;
    this.#sizes.delete(cell);
    Reflect.deleteProperty(this.items, cell);
  }
}

/** What stands under a number, to be looked at. */
function itemOf(items: Readonly<Record<number, unknown>>, cell: number): unknown {
  try {
    return items[cell] === items ? as("<these values>") : items[cell];
  } catch {
    return as("<let go of>");
  }
}

/** What is shown as that text. */
function as(text: string): object {
  return { [inspect.custom]: () => text };
}
