import type { MimeBundle } from "../display/bundle";
import { createPlain, type ControlOptions } from "./controls";
import type { Look } from "./layout";
import { stack } from "./still";
import { stillOf, type Widget } from "./widget";

/** The values of a box. */
export interface BoxState {
  /** The widgets in it, in order. */
  readonly children: readonly Widget[];
  /** Its colour. @default "" */
  readonly boxStyle: "" | "success" | "info" | "warning" | "danger";
}

/** A box of widgets. */
export type Box = Widget<BoxState & Look>;

/** Widgets side by side. */
export function hbox(
  children: readonly Widget[],
  options: ControlOptions<Omit<BoxState, "children">> = {},
): Box {
  return createBox("HBox", children, options);
}

/** Widgets one below the other. */
export function vbox(
  children: readonly Widget[],
  options: ControlOptions<Omit<BoxState, "children">> = {},
): Box {
  return createBox("VBox", children, options);
}

function createBox(
  name: string,
  children: readonly Widget[],
  options: ControlOptions<Omit<BoxState, "children">>,
): Box {
  const defaults: BoxState = { children: [], boxStyle: "" };
  const still = (state: BoxState): MimeBundle => stack(state.children.map(stillOf));
  return createPlain<BoxState>({ name, style: "", defaults, still }, { ...options, children });
}
