import { createInput, described, input, type ControlOptions, type Described, type Input } from "./controls";
import type { Look } from "./layout";
import type { Control } from "./widget";

/** A number between two others. */
interface Bounded {
  readonly value: number;
  /** @default 0 */
  readonly min: number;
  /** @default 100 */
  readonly max: number;
}

/** The values of a slider. */
export interface SliderState extends Bounded, Input {
  /** @default 1 of whole numbers, 0.1 of others */
  readonly step: number;
  /** @default "horizontal" */
  readonly orientation: "horizontal" | "vertical";
  /** Whether the number stands beside it. @default true */
  readonly readout: boolean;
  /** How, as d3-format has it. @default "d" of whole numbers, ".2f" of others */
  readonly readoutFormat: string;
  /** Whether its value changes while it is dragged, not at the end alone. @default true */
  readonly continuousUpdate: boolean;
}

/** The values of an animation's buttons. */
export interface PlayState extends Bounded, Input {
  /** @default 1 */
  readonly step: number;
  /** The time between two values, in ms. @default 100 */
  readonly interval: number;
  /** @default false */
  readonly playing: boolean;
  /** Whether it begins again at its end. @default false */
  readonly repeat: boolean;
  /** Whether there is a button for that. @default true */
  readonly showRepeat: boolean;
}

/** The values of a progress bar. */
export interface ProgressState extends Bounded, Described {
  /** @default "" */
  readonly barStyle: "" | "success" | "info" | "warning" | "danger";
  /** @default "horizontal" */
  readonly orientation: "horizontal" | "vertical";
}

const bounds = { value: 0, min: 0, max: 100 };
const slider = {
  ...bounds,
  ...input,
  orientation: "horizontal",
  readout: true,
  continuousUpdate: true,
} as const;

/**
 * A slider for whole numbers.
 * @throws {RangeError} if its value is not between min and max
 * @throws {TypeError} if a number is not whole
 * @example
 * const size = intSlider({ value: 7, max: 10, description: "size" });
 * size.observe("value", ({ value }) => console.log(value));
 */
export function intSlider(options: ControlOptions<SliderState> = {}): Control<SliderState & Look> {
  const defaults: SliderState = { ...slider, value: options.min ?? 0, step: 1, readoutFormat: "d" };
  const settle = whole("slider", inside<SliderState & Look>("slider"), "; floatSlider() takes others");
  return createInput({ name: "IntSlider", style: "Slider", defaults, settle }, options);
}

/**
 * A slider for numbers.
 * @throws {RangeError} if its value is not between min and max
 */
export function floatSlider(options: ControlOptions<SliderState> = {}): Control<SliderState & Look> {
  const defaults: SliderState = { ...slider, value: options.min ?? 0, step: 0.1, readoutFormat: ".2f" };
  const settle = inside<SliderState & Look>("slider");
  return createInput({ name: "FloatSlider", style: "Slider", defaults, settle }, options);
}

/**
 * Buttons that play, pause and stop: the value counts up while they play. {@link link} them with a slider to see it.
 * @throws {RangeError} if its value is not between min and max
 * @throws {TypeError} if a number is not whole
 */
export function play(options: ControlOptions<PlayState> = {}): Control<PlayState & Look> {
  const animation = { step: 1, interval: 100, playing: false, repeat: false, showRepeat: true };
  const defaults: PlayState = { ...bounds, ...input, ...animation, value: options.min ?? 0 };
  const settle = whole("animation", inside<PlayState & Look>("animation"));
  return createInput({ name: "Play", style: "Description", defaults, settle }, options);
}

/**
 * A bar that is filled as far as its value.
 * @throws {RangeError} if its value is not between min and max
 */
export function progress(options: ControlOptions<ProgressState> = {}): Control<ProgressState & Look> {
  const defaults: ProgressState = {
    ...bounds,
    ...described,
    value: options.min ?? 0,
    barStyle: "",
    orientation: "horizontal",
  };
  const settle = inside<ProgressState & Look>("progress bar");
  const making = { name: "FloatProgress", view: "ProgressView", style: "Progress", defaults, settle };
  return createInput(making, options);
}

function inside<S extends Bounded>(what: string): (state: S) => S {
  return (state) => {
    const { value, min, max } = state;
    if (value >= min && value <= max) return state;
    throw new RangeError(`Cannot set ${what}: expected a value from ${min} to ${max}, got ${value}`);
  };
}

function whole<S extends Bounded & { readonly step: number }>(
  what: string,
  then: (state: S) => S,
  hint = "",
): (state: S) => S {
  return (state) => {
    const { value, min, max, step } = state;
    const broken = [value, min, max, step].find((number) => !Number.isInteger(number));
    if (broken !== undefined)
      throw new TypeError(`Cannot set ${what}: expected whole numbers, got ${broken}${hint}`);
    return then(state);
  };
}
