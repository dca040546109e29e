import { modelNames, places, snakeKind } from "./names";
import { createWidget, type Widget } from "./widget";

/** Where and how large a widget is, in CSS's words. @see https://ipywidgets.readthedocs.io/en/stable/examples/Widget%20Layout.html */
export interface Layout {
  readonly width?: string;
  readonly height?: string;
  readonly minWidth?: string;
  readonly maxWidth?: string;
  readonly minHeight?: string;
  readonly maxHeight?: string;
  readonly margin?: string;
  readonly padding?: string;
  readonly display?: string;
  readonly visibility?: "visible" | "hidden" | "inherit";
  readonly overflow?: string;
  readonly flex?: string;
  readonly flexFlow?: string;
  readonly alignItems?: string;
  readonly alignSelf?: string;
  readonly justifyContent?: string;
}

/** How a widget looks; each kind knows some of it. */
export interface WidgetStyle {
  /** The room for its description, e.g. "120px" or "initial": as much as it takes. @default 80 px, and longer ones are cut */
  readonly descriptionWidth?: string;
  readonly background?: string;
  readonly textColor?: string;
  readonly fontSize?: string;
  readonly fontWeight?: string;
  /** Of sliders. */
  readonly handleColor?: string;
  /** Of a button. */
  readonly buttonColor?: string;
  /** Of toggle buttons. */
  readonly buttonWidth?: string;
  /** Of a progress bar. */
  readonly barColor?: string;
}

/** What says where a widget is and how it looks. */
export interface LookOptions {
  readonly layout?: Layout;
  readonly style?: WidgetStyle;
}

/** The part of a widget's state that says how it looks: widgets themselves, whose changes its views follow. */
export interface Look {
  readonly layout?: Widget<Layout>;
  readonly style?: Widget<WidgetStyle>;
}

/** The widgets of a layout and a style. @param styleModel  which of ipywidgets' styles it is, e.g. "SliderStyleModel" */
export function createLook({ layout, style }: LookOptions, styleModel: string): Look {
  return {
    ...(layout === undefined ? {} : { layout: createBase("LayoutModel", "LayoutView", layout) }),
    ...(style === undefined ? {} : { style: createStyle(styleModel, style) }),
  };
}

function createBase(model: string, view: string, layout: Layout): Widget<Layout> {
  return createWidget(snakeKind<Layout>(modelNames(places.base, model, view)), layout, { name: "layout" });
}

function createStyle(model: string, style: WidgetStyle): Widget<WidgetStyle> {
  const view = modelNames(places.base, model, "StyleView");
  const { module: _model_module, version: _model_module_version } = places.controls;
  const kind = snakeKind<WidgetStyle>({ ...view, _model_module, _model_module_version });
  return createWidget(kind, style, { name: "style" });
}
