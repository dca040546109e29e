/** The tensors by name that a program has saved, found in what it has saved. */
import { describeValue, PickledTensor, PickleDict, type PickleValue } from "./pickle/values";

/** Tensors by the names of a network. */
export interface StateDict {
  readonly tensors: ReadonlyMap<string, PickledTensor>;
  /**
   * Texts and numbers that stand beside; `stateDict`: under which key the tensors were, where there was one; `otherStateDicts`:
   * further keys that have dicts of tensors; `prefix`: what was taken off all names; `leftOut`: names among the tensors of what is none.
   */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where programs put a network's tensors, beside the epoch and the like; averages only if there are no others. */
const KEYS = ["state_dict", "model", "model_state_dict", "state_dict_ema", "model_ema"];

/** What wrappers put before all names: torch.nn.DataParallel, torch.compile(), modules of Lightning that keep a network as `model`. */
const PREFIX = /^((?:module\.|_orig_mod\.|model\.)+)/;

/** The one tensor that torch.optim.swa_utils.AveragedModel has beside its network's. */
const COUNT_OF_AVERAGES = "n_averaged";

/**
 * The tensors of a saved value: of the dict itself, or of one that it has under a key that is known.
 * @param wanted  the key to take. @default as said
 * @returns what is wrong, as "expected …, got …", if there are none
 */
export function findStateDict(saved: PickleValue, wanted?: string): StateDict | string {
  const keys = wanted === undefined ? KEYS : [wanted];
  const under = `under ${keys.map((key) => `"${key}"`).join(", ")}`;
  const expected =
    wanted === undefined
      ? `expected a dict of tensors by name, or one ${under}`
      : `expected tensors ${under}`;
  if (!(saved instanceof PickleDict)) return `${expected}, got ${describeValue(saved)}`;
  const all = [...saved.items.keys()].filter((key) => typeof key === "string");
  const having = all.filter((one) => hasTensors(saved.items.get(one)));
  const key = keys.find((one) => having.includes(one));
  const others = having.filter((one) => one !== key);
  const chosen = key === undefined && wanted === undefined ? saved : saved.items.get(key ?? null);
  if (!(chosen instanceof PickleDict) || !hasTensors(chosen)) {
    const names = [...saved.items.keys()].slice(0, 10).map(describeValue).join(", ");
    const hint =
      having.length === 0 || wanted !== undefined ? "" : `; give { stateDict: "${having[0]}" } for those`;
    return `${expected}, got a dict of ${names || "nothing"}${hint}`;
  }
  const tensors = new Map<string, PickledTensor>();
  const leftOut: string[] = [];
  for (const [name, value] of chosen.items)
    if (typeof name === "string" && value instanceof PickledTensor) tensors.set(name, value);
    else if (value instanceof PickledTensor)
      return `expected tensors by name, got one by ${describeValue(name)}`;
    else if (chosen !== saved || !isScalar(value)) leftOut.push(describeName(name));
  const prefix = prefixOf([...tensors.keys()]);
  return {
    tensors: new Map([...tensors].map(([name, tensor]) => [withoutPrefix(name, prefix), tensor])),
    metadata: {
      ...scalarsOf(saved),
      ...(key === undefined ? {} : { stateDict: key }),
      ...(others.length === 0 ? {} : { otherStateDicts: others.join(", ") }),
      ...(prefix === "" ? {} : { prefix }),
      ...(leftOut.length === 0 ? {} : { leftOut: leftOut.join(", ") }),
    },
  };
}

function hasTensors(value: PickleValue | undefined): boolean {
  return value instanceof PickleDict && [...value.items.values()].some((one) => one instanceof PickledTensor);
}

/** The beginning of all names; "" if there is none. */
function prefixOf(names: readonly string[]): string {
  const others = names.filter((name) => name !== COUNT_OF_AVERAGES);
  const [, prefix = ""] = PREFIX.exec(others[0] ?? "") ?? [];
  const isUnique = new Set(names.map((name) => withoutPrefix(name, prefix))).size === names.length;
  return isUnique && others.every((name) => name.startsWith(prefix)) ? prefix : "";
}

function withoutPrefix(name: string, prefix: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

/** Texts, numbers and truths beside the tensors, as an architecture's name and the epoch. */
function scalarsOf({ items }: PickleDict): Record<string, string> {
  const scalars = new Map<string, string>();
  for (const [key, value] of items)
    if (typeof key === "string" && isScalar(value)) scalars.set(key, String(value));
  return Object.fromEntries(scalars);
}

function isScalar(value: PickleValue): value is string | number | bigint | boolean {
  return ["string", "number", "bigint", "boolean"].includes(typeof value);
}

function describeName(name: PickleValue): string {
  return typeof name === "string" ? name : describeValue(name);
}
