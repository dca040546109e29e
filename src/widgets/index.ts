/** Widgets: what a user moves, presses and writes in a notebook, and what follows it. */
export { widget, type WidgetOptions } from "./anywidget";
export { hbox, vbox, type Box, type BoxState } from "./box";
export type { ControlOptions, Described, Input } from "./controls";
export { interact, type Controls, type ValuesOf } from "./interact";
export type { Layout, Look, LookOptions, WidgetStyle } from "./layout";
export { link } from "./link";
export { floatSlider, intSlider, play, progress } from "./numbers";
export type { PlayState, ProgressState, SliderState } from "./numbers";
export { output, type Output, type OutputState } from "./output";
export type { CellOutput } from "./outputs";
export {
  dropdown,
  toggleButtons,
  type Options,
  type SelectionOptions,
  type SelectionState,
} from "./selection";
export type { ToggleButtonsOptions, ToggleButtonsState } from "./selection";
export type { Change, MessageHandler } from "./synced";
export { button, checkbox, html, label, text } from "./texts";
export type { Button, ButtonState, CheckboxState, LabelState, TextState } from "./texts";
export type { Control, Widget } from "./widget";
