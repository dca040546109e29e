import type { ModelVariable } from "../../model/variables";
import { tf } from "../../tensorflow";

/** What an optimizer keeps beside each variable it trains: one float32 slot of its shape for each suffix. */
export interface Slots<K extends readonly string[]> {
  /** By name: "<variable>/<suffix>". */
  readonly named: Readonly<Record<string, tf.Variable>>;
  /**
   * Those of one variable, in the order of the suffixes.
   * @throws {RangeError} if the optimizer was not made for it
   */
  of(variable: ModelVariable): { readonly [I in keyof K]: tf.Variable };
  /** Frees them. */
  readonly dispose: () => void;
}

/**
 * Slots for variables.
 * @param suffixes  as TensorFlow names them in a checkpoint, e.g. ["Adam", "Adam_1"]
 * @param initial   what each starts with, by suffix. @default zeros
 */
export function slotsOf<const K extends readonly string[]>(
  variables: readonly ModelVariable[],
  suffixes: K,
  initial: Readonly<Record<string, "ones">> = {},
): Slots<K> {
  const made = new Map(
    variables.map(({ name, variable }) => [
      name,
      tf.tidy(() =>
        suffixes.map((suffix) =>
          tf.variable(initial[suffix] === "ones" ? tf.onesLike(variable) : tf.zerosLike(variable), false),
        ),
      ),
    ]),
  );
  const pairs = [...made].flatMap(([name, slots]) =>
    slots.map((slot, i) => [`${name}/${suffixes[i] ?? ""}`, slot] as const),
  );
  return {
    named: Object.fromEntries(pairs),
    of: ({ name }) => {
      const slots = made.get(name);
      if (slots === undefined)
        throw new RangeError(`Cannot train "${name}": expected a variable of the optimizer's`);
      // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- one slot was made for each suffix
      return slots as { readonly [I in keyof K]: tf.Variable };
    },
    dispose: () => tf.dispose(pairs.map(([, slot]) => slot)),
  };
}
