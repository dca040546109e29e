/** What schedules and optimizers are called in a table of runs. */
import type { Hyperparameter } from "../../tensorflow";

const descriptions = new WeakMap<object, string>();

/** The schedule, which is then described so. */
export function described<T extends object>(schedule: T, description: string): T {
  descriptions.set(schedule, description);
  return schedule;
}

/** A name and the options that were given with it, as "Adam beta1 0.95, epsilon 0.1". */
export function describe(name: string, options: object = {}): string {
  const given = Object.entries(plainOf(options)).map(([key, value]) => `${key} ${value}`);
  return [name, given.join(", ")].filter((part) => part !== "").join(" ");
}

/** Of options what a table can hold: numbers, texts and booleans, lists and records of these as a text, and schedules as what they are called. */
export function plainOf(options: object): Readonly<Record<string, Hyperparameter>> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]: [string, unknown]) => {
      const plain = plainValue(value);
      return plain === undefined ? [] : [[name, plain] as const];
    }),
  );
}

function plainValue(value: unknown): Hyperparameter | undefined {
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "function") return descriptions.get(value) ?? "by step";
  if (typeof value !== "object" || value === null) return undefined;
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  const parts = Object.entries(value).map(
    ([key, part]: [string, unknown]) => [key, plainValue(part)] as const,
  );
  if (!isPlain || parts.some(([, part]) => part === undefined)) return undefined;
  return parts.map(([key, part]) => (Array.isArray(value) ? String(part) : `${key} ${part}`)).join(", ");
}
