import {
  createInput,
  createPlain,
  described,
  input,
  type ControlOptions,
  type Described,
  type Input,
} from "./controls";
import type { Look } from "./layout";
import type { Control, Widget } from "./widget";

/** The values of a box to tick. */
export interface CheckboxState extends Input {
  /** @default false */
  readonly value: boolean;
  /** Whether it stands as far right as other controls with descriptions. @default true */
  readonly indent: boolean;
}

/** The values of a line to write in. */
export interface TextState extends Input {
  /** @default "" */
  readonly value: string;
  /** What stands there while it is empty. @default nothing */
  readonly placeholder: string;
  /** Whether its value changes with each letter, not at the end alone. @default true */
  readonly continuousUpdate: boolean;
}

/** The values of a line to read, or of HTML. */
export interface LabelState extends Described {
  /** @default "" */
  readonly value: string;
  /** @default nothing */
  readonly placeholder: string;
}

/** The values of a button. */
export interface ButtonState {
  /** What stands on it. @default "" */
  readonly description: string;
  /** @default null */
  readonly tooltip: string | null;
  /** @default false */
  readonly disabled: boolean;
  /** A name of Font Awesome's, e.g. "check". @default none */
  readonly icon: string;
  /** @default "" */
  readonly buttonStyle: "" | "primary" | "success" | "info" | "warning" | "danger";
}

/** A button. */
export interface Button extends Widget<ButtonState & Look> {
  /**
   * Calls a function whenever it is pressed.
   * @returns  a function that ends it
   */
  onClick(handler: () => unknown): () => void;
}

const empty = "\u200b"; // as ipywidgets writes a placeholder that takes its line

/** A box to tick. */
export function checkbox(options: ControlOptions<CheckboxState> = {}): Control<CheckboxState & Look> {
  return createInput({ name: "Checkbox", defaults: { ...input, value: false, indent: true } }, options);
}

/** A line to write in. */
export function text(options: ControlOptions<TextState> = {}): Control<TextState & Look> {
  const defaults: TextState = { ...input, value: "", placeholder: empty, continuousUpdate: true };
  return createInput({ name: "Text", defaults }, options);
}

/** A line to read, beside other controls. */
export function label(options: ControlOptions<LabelState> = {}): Control<LabelState & Look> {
  return createInput({ name: "Label", defaults: { ...described, value: "", placeholder: empty } }, options);
}

/** HTML that can be replaced. A front end may leave out scripts. */
export function html(options: ControlOptions<LabelState> = {}): Control<LabelState & Look> {
  const defaults: LabelState = { ...described, value: "", placeholder: empty };
  const still = ({ value }: LabelState) => ({ "text/html": value, "text/plain": "HTML" });
  return createInput({ name: "HTML", defaults, still }, options);
}

/**
 * A button.
 * @example
 * const stop = button({ description: "Stop", buttonStyle: "danger" });
 * stop.onClick(() => controller.abort());
 */
export function button(options: ControlOptions<ButtonState> = {}): Button {
  const defaults: ButtonState = {
    description: "",
    tooltip: null,
    disabled: false,
    icon: "",
    buttonStyle: "",
  };
  const widget = createPlain({ name: "Button", defaults }, options);
  const onClick = (handler: () => unknown): (() => void) =>
    widget.onMessage((content) => {
      if (typeof content === "object" && content !== null && Reflect.get(content, "event") === "click")
        return handler();
      return undefined;
    });
  return Object.assign(widget, { onClick });
}
