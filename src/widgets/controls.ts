import type { MimeBundle } from "../display/bundle";
import { createLook, type Look, type LookOptions } from "./layout";
import { modelNames, places, snakeKind } from "./names";
import type { Kind } from "./synced";
import { createWidget, type Control, type Widget } from "./widget";

/** What a widget of ipywidgets' may be given: values of its state, and how it looks. */
export type ControlOptions<V> = Readonly<Partial<V>> & LookOptions;

/** What most controls have. */
export interface Described {
  /** The words before it. @default "" */
  readonly description: string;
  /** What a pointer over it is told. @default null */
  readonly tooltip: string | null;
}

/** What controls have that a user changes. */
export interface Input extends Described {
  /** Whether it can't be changed. @default false */
  readonly disabled: boolean;
}

export const described: Described = { description: "", tooltip: null };
export const input: Input = { ...described, disabled: false };

/** How a kind of widget is made. */
export interface Making<V extends object> {
  /** Its name in ipywidgets, e.g. "IntSlider". */
  readonly name: string;
  /** @default the name with "View" */
  readonly view?: string;
  /** @default the name with "StyleModel" */
  readonly style?: string;
  readonly defaults: V;
  readonly settle?: Kind<V & Look>["settle"];
  readonly still?: (state: V & Look) => MimeBundle;
}

/** A widget of ipywidgets' that has a value. */
export function createInput<V extends { readonly value: unknown }>(
  making: Making<V>,
  options: ControlOptions<V>,
): Control<V & Look> {
  return createWidget(kindOf(making), stateOf(making, options), { ...making, name: labelOf(making.name) });
}

/** A widget of ipywidgets' that has none. */
export function createPlain<V extends object>(
  making: Making<V>,
  options: ControlOptions<V>,
): Widget<V & Look> {
  return createWidget(kindOf(making), stateOf(making, options), { ...making, name: labelOf(making.name) });
}

function kindOf<V extends object>({ name, view = `${name}View`, settle }: Making<V>): Kind<V & Look> {
  return snakeKind(modelNames(places.controls, `${name}Model`, view), settle);
}

function stateOf<V extends object>(
  { name, style: styleName, defaults }: Making<V>,
  options: ControlOptions<V>,
): V & Look {
  const { layout, style, ...given } = options;
  const look = createLook(
    { ...(layout && { layout }), ...(style && { style }) },
    `${styleName ?? name}StyleModel`,
  );
  return { ...defaults, ...given, ...look };
}

/** "IntSlider" -> "intSlider", "HTML" -> "html". */
function labelOf(name: string): string {
  return name.replace(/^[A-Z]+(?=[A-Z]|$)|^[A-Z]/, (capitals) => capitals.toLowerCase());
}
