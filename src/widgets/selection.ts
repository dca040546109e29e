import { createLook, type Look, type LookOptions } from "./layout";
import { input, type Input } from "./controls";
import { modelNames, places, snakeKind } from "./names";
import type { Kind } from "./synced";
import { createWidget, type Control } from "./widget";

/** What there is to choose from: values that are their own names, or values by their names. */
export type Options<T> = readonly T[] | Readonly<Record<string, T>>;

/** The values of a widget by which one of several is chosen. */
export interface SelectionState<T> extends Input, Look {
  /** What is chosen. @default the first */
  readonly value: T;
  readonly options: Options<T>;
}

/** Options of dropdown(). */
export interface SelectionOptions<T> extends Partial<Input>, LookOptions {
  readonly options: Options<T>;
  /** @default the first */
  readonly value?: T;
}

/** The values of toggleButtons(). */
export interface ToggleButtonsState<T> extends SelectionState<T> {
  /** @default "" */
  readonly buttonStyle: "" | "primary" | "success" | "info" | "warning" | "danger";
  /** What a pointer over each is told. @default none */
  readonly tooltips: readonly string[];
  /** Names of Font Awesome's, one for each. @default none */
  readonly icons: readonly string[];
}

/** Options of toggleButtons(). */
export interface ToggleButtonsOptions<T>
  extends SelectionOptions<T>, Partial<Pick<ToggleButtonsState<T>, "buttonStyle" | "tooltips" | "icons">> {}

/**
 * A list from which one is chosen.
 * @throws {RangeError} if there is nothing to choose from, or the value is none of it
 * @example
 * const optimizer = dropdown({ options: ["momentum", "adam"], description: "optimizer" });
 * const size = dropdown({ options: { small: 64, large: 224 }, value: 224 });
 */
export function dropdown<const T>(options: SelectionOptions<T>): Control<SelectionState<T>> {
  const { layout: _layout, style: _style, ...given } = options;
  const look = createLook(options, "DescriptionStyleModel");
  const state = { ...input, ...given, value: chosenOf(options), ...look };
  return createWidget(selectionKind<T, SelectionState<T>>("Dropdown"), state, { name: "dropdown" });
}

/**
 * Buttons of which one is pressed.
 * @throws {RangeError} if there is nothing to choose from, or the value is none of it
 */
export function toggleButtons<const T>(options: ToggleButtonsOptions<T>): Control<ToggleButtonsState<T>> {
  const { layout: _layout, style: _style, ...given } = options;
  const look = createLook(options, "ToggleButtonsStyleModel");
  const plain = { buttonStyle: "", tooltips: [], icons: [] } as const;
  const state = { ...input, ...plain, ...given, value: chosenOf(options), ...look };
  return createWidget(selectionKind<T, ToggleButtonsState<T>>("ToggleButtons"), state, {
    name: "toggleButtons",
  });
}

/** Front ends know labels, and by its index which is chosen. */
function selectionKind<T, S extends SelectionState<T>>(name: string): Kind<S> {
  const { model, encode, decode } = snakeKind<S>(modelNames(places.controls, `${name}Model`, `${name}View`));
  return {
    model,
    encode: ({ value, options, ...values }, state) => ({
      ...encode(values, state),
      ...(options === undefined ? {} : { _options_labels: labelsOf(state.options) }),
      ...(options === undefined && value === undefined ? {} : { index: indexOf(state.value, state.options) }),
    }),
    decode: ({ index, ...values }, state) => ({
      ...decode(values, state),
      ...(index === undefined ? {} : { value: valueAt(index, state.options) }),
    }),
    settle: (state, changed) => {
      const lost = changed.has("options") && !changed.has("value") && indexOf(state.value, state.options) < 0;
      const value = lost ? firstOf(state.options) : state.value;
      if (indexOf(value, state.options) >= 0) return { ...state, value };
      throw new RangeError(
        `Cannot choose: expected one of ${labelsOf(state.options).join(", ")}, got ${String(value)}`,
      );
    },
  };
}

function chosenOf<T>({ options, value }: SelectionOptions<T>): T {
  return value === undefined ? firstOf(options) : value;
}

function labelsOf(options: Options<unknown>): readonly string[] {
  return isList(options) ? options.map(String) : Object.keys(options);
}

function valuesOf<T>(options: Options<T>): readonly T[] {
  return isList(options) ? options : Object.values(options);
}

function isList<T>(options: Options<T>): options is readonly T[] {
  return Array.isArray(options);
}

function firstOf<T>(options: Options<T>): T {
  for (const value of valuesOf(options)) return value;
  throw new RangeError("Cannot offer a choice: expected at least one option, got none");
}

function indexOf<T>(value: T, options: Options<T>): number {
  return valuesOf(options).findIndex((one) => Object.is(one, value));
}

function valueAt<T>(index: unknown, options: Options<T>): T {
  const values = valuesOf(options);
  for (const [i, value] of values.entries()) if (i === index) return value;
  throw new RangeError(
    `Cannot choose: expected an index from 0 to ${values.length - 1}, got ${String(index)}`,
  );
}
