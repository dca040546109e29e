/** What a pickle can be made of here: numbers, texts, containers of them, and what its globals build; nothing that runs. */

/** Any value. A tuple is an array, a list a PickleList, a dict and an OrderedDict a PickleDict. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PickleValue[]
  | PickleList
  | PickleDict
  | PickleNamespace
  | PickleGlobal
  | PickledStorage
  | PickledTensor;

/** A list, to which instructions append. */
export class PickleList {
  readonly items: PickleValue[] = [];
}

/** A dict, in the order of its keys. */
export class PickleDict {
  readonly items = new Map<PickleValue, PickleValue>();
}

/** The options with which a program was called, argparse.Namespace; what they were is let go. */
export class PickleNamespace {}

/** Makes an error about the instruction at hand, with its place. */
export type Refuse = (expected: string, got: string) => Error;

/** A name of Python's, "collections.OrderedDict"; nothing of Python is behind it. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    /** What calling it gives; undefined if it can't be called. */
    readonly call?: (args: readonly PickleValue[], refuse: Refuse) => PickleValue,
    /** Of a type of tensors or storages, its data type as TensorFlow names it. */
    readonly dtype?: string,
  ) {}
}

/** A run of numbers that stands elsewhere in the file. */
export class PickledStorage {
  constructor(
    /** By which it is found there. */
    readonly key: string,
    /** Of its numbers as TensorFlow names it; undefined if only bytes are known. */
    readonly dtype: string | undefined,
    /** In numbers, or in bytes if no type is known. */
    readonly length: number,
  ) {}
}

/** A view of a storage. */
export class PickledTensor {
  constructor(
    readonly storage: PickledStorage,
    readonly dtype: string,
    /** In elements, from the storage's start. */
    readonly offset: number,
    readonly shape: readonly number[],
    /** How many elements it is from one index of a dimension to the next. */
    readonly strides: readonly number[],
  ) {}
}

/** What a value is, for errors. */
export function describeValue(value: PickleValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value instanceof PickleGlobal) return value.name;
  if (value instanceof PickledTensor) return `a tensor [${value.shape.join(", ")}]`;
  if (value instanceof PickledStorage) return "a storage";
  if (value instanceof PickleNamespace) return "argparse.Namespace";
  if (value instanceof PickleDict) return `a dict of ${value.items.size}`;
  if (value instanceof PickleList) return `a list of ${value.items.length}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof Array) return `a tuple of ${value.length}`;
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : String(value);
}
