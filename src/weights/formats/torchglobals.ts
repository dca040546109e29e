/** The names of Python's that a file of torch.save() may use: what builds tensors, their storages and types, and containers. */
import { elementsOf } from "./file";
import { isCount } from "./json";
import {
  describeValue,
  PickledStorage,
  PickledTensor,
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleNamespace,
  type PickleValue,
  type Refuse,
} from "./pickle/values";

/** Bytes of an element, by the types that torch names, as TensorFlow or ml_dtypes name them. */
const BYTES: Readonly<Record<string, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
  complex64: 8,
  complex128: 16,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  float8_e4m3fnuz: 1,
  float8_e5m2fnuz: 1,
  float8_e8m0fnu: 1,
};

const STORAGES = {
  Double: "float64",
  Float: "float32",
  Half: "float16",
  BFloat16: "bfloat16",
  Long: "int64",
  Int: "int32",
  Short: "int16",
  Char: "int8",
  Byte: "uint8",
  Bool: "bool",
  ComplexFloat: "complex64",
  ComplexDouble: "complex128",
} as const;

/** A view may have more elements than its storage, as torch.expand() gives them, up to so many. */
const MOST_REPEATED = 2 ** 24;

/** Bytes of an element of a type; 1 if none is known. */
export function bytesOfType(dtype: string | undefined): number {
  return BYTES[dtype ?? ""] ?? 1;
}

/** What a global of a torch file is; undefined if it is none of those that are allowed. */
export function torchGlobal(name: string): PickleGlobal | undefined {
  return GLOBALS.get(name);
}

const GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map(
  [
    new PickleGlobal("collections.OrderedDict", orderedDict),
    new PickleGlobal("collections.Counter", counter), // torch.optim.lr_scheduler.MultiStepLR has one
    new PickleGlobal("argparse.Namespace", namespace), // the training scripts of timm and torchvision save theirs
    new PickleGlobal("torch.Size", size),
    new PickleGlobal("torch._utils._rebuild_tensor", rebuildTensor),
    new PickleGlobal("torch._utils._rebuild_tensor_v2", rebuildTensor),
    new PickleGlobal("torch._utils._rebuild_tensor_v3", rebuildTypedTensor),
    new PickleGlobal("torch._utils._rebuild_parameter", parameter),
    new PickleGlobal("torch.nn.parameter.Parameter", parameter), // torch 0.3 and before
    new PickleGlobal("torch.storage.UntypedStorage"),
    ...Object.entries(STORAGES).map(
      ([name, dtype]) => new PickleGlobal(`torch.${name}Storage`, undefined, dtype),
    ),
    ...Object.keys(BYTES).map((dtype) => new PickleGlobal(`torch.${dtype}`, undefined, dtype)),
  ].map((global) => [global.name, global]),
);

function orderedDict([pairs, ...rest]: readonly PickleValue[], refuse: Refuse): PickleDict {
  const dict = new PickleDict();
  if (pairs === undefined) return dict;
  if (!(pairs instanceof PickleList) || rest.length > 0)
    throw refuse("a list of pairs for an OrderedDict", describeValue(pairs));
  for (const pair of pairs.items) {
    const [key, value, ...others] =
      pair instanceof PickleList ? pair.items : pair instanceof Array ? pair : [];
    if (key === undefined || value === undefined || others.length > 0)
      throw refuse("pairs of keys and values for an OrderedDict", describeValue(pair));
    dict.items.set(key, value);
  }
  return dict;
}

function counter([counts, ...rest]: readonly PickleValue[], refuse: Refuse): PickleDict {
  if (counts instanceof PickleDict && rest.length === 0) return counts;
  throw refuse("a dict for a Counter", describeValue(counts));
}

function namespace(args: readonly PickleValue[], refuse: Refuse): PickleNamespace {
  if (args.length === 0) return new PickleNamespace();
  throw refuse("nothing for a Namespace", describeValue(args));
}

function size([sizes, ...rest]: readonly PickleValue[], refuse: Refuse): PickleValue {
  if (sizes instanceof Array && rest.length === 0) return sizes;
  throw refuse("a tuple for torch.Size", describeValue(sizes));
}

/** Storage, offset, shape, strides; from version 2 on whether it has a gradient, hooks, and what else is to be known. */
function rebuildTensor(
  [storage, offset, shape, strides, , , flags]: readonly PickleValue[],
  refuse: Refuse,
): PickledTensor {
  expectPlain(flags, refuse);
  return tensorOf({ storage, offset, shape, strides }, refuse);
}

/** The same with a type, of bytes. */
function rebuildTypedTensor(args: readonly PickleValue[], refuse: Refuse): PickledTensor {
  const [storage, offset, shape, strides, , , type, flags] = args;
  expectPlain(flags, refuse);
  if (!(type instanceof PickleGlobal) || type.dtype === undefined)
    throw refuse("a type", describeValue(type));
  return tensorOf({ storage, offset, shape, strides }, refuse, type.dtype);
}

/** Flags may say that the values are others than those stored, as their conjugates or negatives. */
function expectPlain(flags: PickleValue | undefined, refuse: Refuse): void {
  const isPlain =
    flags === undefined || flags === null || (flags instanceof PickleDict && flags.items.size === 0);
  if (!isPlain) throw refuse("a tensor without flags", describeValue(flags));
}

function parameter([data]: readonly PickleValue[], refuse: Refuse): PickledTensor {
  if (data instanceof PickledTensor) return data;
  throw refuse("a tensor for a Parameter", describeValue(data));
}

interface TensorParts {
  readonly storage: PickleValue | undefined;
  readonly offset: PickleValue | undefined;
  readonly shape: PickleValue | undefined;
  readonly strides: PickleValue | undefined;
}

/** A view that stays within its storage. */
function tensorOf({ storage, offset, ...sizes }: TensorParts, refuse: Refuse, type?: string): PickledTensor {
  if (!(storage instanceof PickledStorage)) throw refuse("a storage", describeValue(storage));
  if (!isCount(offset)) throw refuse("an offset in a storage", describeValue(offset));
  const [shape, strides] = [countsOf(sizes.shape, refuse), countsOf(sizes.strides, refuse)];
  if (shape.length !== strides.length)
    throw refuse("as many strides as sizes", `[${strides.join(", ")}] for [${shape.join(", ")}]`);
  const dtype = type ?? storage.dtype;
  if (dtype === undefined) throw refuse("a storage with a type", "bytes");
  const stored = Math.floor((storage.length * bytesOfType(storage.dtype)) / bytesOfType(dtype));
  const elements = elementsOf(shape);
  const last = shape.reduce((sum, size, i) => sum + (size - 1) * (strides[i] ?? 0), offset);
  const shown = `a tensor [${shape.join(", ")}] with strides [${strides.join(", ")}]`;
  if (elements !== 0 && !(last < stored))
    throw refuse(`a tensor within the ${stored} elements of its storage`, `${shown} up to element ${last}`);
  if (!(elements <= Math.max(stored, MOST_REPEATED)))
    throw refuse(`at most ${MOST_REPEATED} elements of ${stored} that are stored`, shown);
  return new PickledTensor(storage, dtype, offset, shape, strides);
}

function countsOf(value: PickleValue | undefined, refuse: Refuse): number[] {
  const counts = value instanceof Array ? value.filter(isCount) : undefined;
  if (counts !== undefined && value instanceof Array && counts.length === value.length) return counts;
  throw refuse(
    "a tuple of sizes",
    value instanceof Array ? value.map(describeValue).join(", ") : describeValue(value),
  );
}
