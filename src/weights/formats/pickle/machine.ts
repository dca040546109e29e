/** The stack and the memo of a pickle, within limits. */
import { damaged } from "../bytefile";
import type { ByteReader } from "./bytes";
import {
  describeValue,
  PickledTensor,
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleNamespace,
  type PickleValue,
  type Refuse,
} from "./values";

/** What names and places outside of the pickle mean. */
export interface PickleMeanings {
  /** What a global is; undefined if it is none that is known. */
  readonly find: (name: string) => PickleGlobal | undefined;
  /** What an identifier stands for of something that is not in the pickle. */
  readonly persistent: (id: PickleValue, refuse: Refuse) => PickleValue;
}

/**
 * How many values a pickle may put on its stack, a container counting as some of them: about 100,000 tensors. What it takes of memory
 * is less than 500 MB.
 */
const MOST_VALUES = 8_000_000;
const CONTAINER = 8;

/** How a pickle's instructions change its state. */
export class PickleMachine {
  #stack: PickleValue[] = [];
  /** The stacks below marks. */
  readonly #below: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();
  #spent = 0;
  /** Of the instruction at hand. */
  #offset = 0;
  #instruction = "";

  constructor(
    readonly bytes: ByteReader,
    readonly meanings: PickleMeanings,
  ) {}

  /** Notes which instruction is at hand, for errors. */
  begin(instruction: string, offset: number): void {
    this.#instruction = instruction;
    this.#offset = offset;
  }

  /** An error about the instruction at hand. */
  readonly refuse: Refuse = (expected, got) => {
    const { path } = this.bytes.file;
    return damaged(path, `${expected} for the pickle's instruction ${this.#instruction}`, this.#offset, got);
  };

  push(value: PickleValue): void {
    this.#spend(value instanceof PickleDict || value instanceof PickleList ? CONTAINER : 1);
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.refuse("a value on the stack", "none");
    return value;
  }

  /** The topmost value, which stays. */
  top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.refuse("a value on the stack", "none");
    return value;
  }

  mark(): void {
    this.#spend(CONTAINER);
    this.#below.push(this.#stack);
    this.#stack = [];
  }

  /** All values down to the last mark. */
  popMark(): PickleValue[] {
    const values = this.#stack;
    const below = this.#below.pop();
    if (below === undefined) throw this.refuse("a mark on the stack", "none");
    this.#stack = below;
    return values;
  }

  /** So many values, the topmost last. */
  popMany(count: number): PickleValue[] {
    if (count > this.#stack.length)
      throw this.refuse(`${count} values on the stack`, String(this.#stack.length));
    return this.#stack.splice(this.#stack.length - count);
  }

  /** @param index @default the number of those remembered */
  remember(index = this.#memo.size): void {
    this.#spend(1);
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.refuse(`a value remembered as ${index}`, "none");
    this.push(value);
  }

  /** Ends: the value that is left. */
  stop(): PickleValue {
    const value = this.pop();
    const left = this.#stack.length + this.#below.length;
    if (left > 0) throw this.refuse("one value on the stack", `${left} more`);
    return value;
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!(list instanceof PickleList)) throw this.refuse("a list", describeValue(list));
    for (const item of items) list.items.push(item);
  }

  /** @param items  keys and values in turn */
  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof PickleDict)) throw this.refuse("a dict", describeValue(dict));
    if (items.length % 2 !== 0) throw this.refuse("keys and values in turn", `${items.length} of them`);
    for (let i = 0; i + 1 < items.length; i += 2) dict.items.set(items[i] ?? null, items[i + 1] ?? null);
  }

  /** Puts what a name of Python's stands for. */
  pushGlobal(module: PickleValue, name: PickleValue): void {
    if (typeof module !== "string" || typeof name !== "string")
      throw this.refuse("a name in a module", `${describeValue(name)} in ${describeValue(module)}`);
    const known = this.meanings.find(`${module}.${name}`);
    if (known === undefined)
      throw this.refuse(
        "a name of tensors, numbers, texts and containers of them (no other code of a file is run)",
        `${JSON.stringify(`${module}.${name}`)}; torch.save(model.state_dict(), …) writes none`,
      );
    this.push(known);
  }

  /** Puts what a global gives for a tuple of arguments. */
  reduce(callable: PickleValue, args: PickleValue): void {
    if (!(callable instanceof PickleGlobal) || callable.call === undefined)
      throw this.refuse("what can be called", describeValue(callable));
    if (!(args instanceof Array)) throw this.refuse(`a tuple for ${callable.name}`, describeValue(args));
    const [first] = args;
    if (first instanceof PickleList) this.#spend(first.items.length); // which may be copied
    this.push(callable.call(args, this.refuse));
  }

  /** Gives the topmost value attributes: those which are none of a tensor's numbers, or a program's options, and are let go. */
  build(state: PickleValue): void {
    const value = this.top();
    if (value instanceof PickleNamespace && state instanceof PickleDict) return;
    const isVersions =
      state instanceof PickleDict && [...state.items.keys()].every((key) => key === "_metadata");
    if (value instanceof PickleDict && isVersions) return; // versions of modules
    const isFlags = state instanceof Array && state.length === 3 && typeof state[0] === "boolean";
    if (value instanceof PickledTensor && isFlags) return; // what has to do with gradients, of a Parameter in torch 0.3 and before
    throw this.refuse(`no attributes but "_metadata" of ${describeValue(value)}`, namesOf(state));
  }

  #spend(values: number): void {
    this.#spent += values;
    if (this.#spent > MOST_VALUES) throw this.refuse(`at most ${MOST_VALUES} values`, "more");
  }
}

function namesOf(state: PickleValue): string {
  return state instanceof PickleDict
    ? [...state.items.keys()].map(describeValue).join(", ")
    : describeValue(state);
}
