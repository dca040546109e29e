import { modelNames, places, snakeKind } from "./names";
import { createWidget, type Control, type Widget } from "./widget";

/** What has a number within bounds: sliders, animations and progress bars. */
export type Numeric = Control<{ readonly value: number; readonly min: number; readonly max: number }>;

/** The ends of a link. */
export interface LinkState {
  readonly source: readonly [Widget, string];
  readonly target: readonly [Widget, string];
}

/** Links live as long as their sources. */
const links = new WeakMap<Numeric, Widget[]>();

/**
 * Keeps two numbers equal, in the page itself and so without delay: the kernel is told by both widgets.
 * @returns  a function that ends it
 * @example
 * const step = play({ max: 50 });
 * const slider = intSlider({ max: 50 });
 * link(step, slider);
 * hbox([step, slider]);
 */
export function link(source: Numeric, target: Numeric): () => void {
  const kind = snakeKind<LinkState>(modelNames(places.controls, "LinkModel", null));
  const linked = createWidget(
    kind,
    { source: [source, "value"], target: [target, "value"] },
    { name: "link" },
  );
  links.set(source, [...(links.get(source) ?? []), linked]);
  return () => {
    linked.close();
    links.set(source, links.get(source)?.filter((one) => one !== linked) ?? []);
  };
}
