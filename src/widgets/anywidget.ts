import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { modelNames } from "./names";
import type { Kind } from "./synced";
import { createWidget, type Control, type Widget } from "./widget";
import { asKindOf } from "./wire";

/** A widget of one's own. */
export interface WidgetOptions<S extends object> {
  /**
   * What draws it in the browser: the source of an ECMAScript module, its address (https://…), or the path of its file. Its
   * default export is `{ render({ model, el }) { … } }`. @see https://anywidget.dev/en/afm
   */
  readonly esm: string;
  /** Its style: the source, the address or the path of a style sheet. @default none */
  readonly css?: string;
  /**
   * What both sides know, by name: `model.get(name)` and `model.set(name, value)` there. JSON, typed arrays (`DataView`
   * there), and other widgets (`"IPY_MODEL_…"` there).
   */
  readonly state: S;
}

/** Any of anywidget's front ends below 1. */
const place = { module: "anywidget", version: "0" };

/**
 * A widget of one's own, by anywidget's protocol: the front end needs its extension (`pip install anywidget`).
 * @throws {Error} if the file of a path can't be read
 * @example
 * const counter = widget({
 *   esm: `export default { render({ model, el }) {
 *     const button = document.createElement("button");
 *     const draw = () => (button.textContent = model.get("value"));
 *     button.onclick = () => { model.set("value", model.get("value") + 1); model.save_changes(); };
 *     model.on("change:value", draw);
 *     draw();
 *     el.append(button);
 *   } };`,
 *   state: { value: 0 },
 * });
 * counter.observe("value", ({ value }) => console.log(value));
 */
export function widget<S extends { readonly value: unknown }>(options: WidgetOptions<S>): Control<S>;
export function widget<S extends object>(options: WidgetOptions<S>): Widget<S>;
export function widget<S extends object>({ esm, css, state }: WidgetOptions<S>): Widget<S> {
  const code = { _esm: textOf(esm), ...(css === undefined ? {} : { _css: textOf(css) }) };
  const id = createHash("sha256").update(JSON.stringify(code)).digest("hex").slice(0, 16);
  const kind: Kind<S> = {
    model: { ...modelNames(place, "AnyModel", "AnyView"), ...code, _anywidget_id: `slimlab.${id}` },
    encode: (values) => values,
    decode: (values, before) =>
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, asKindOf(Reflect.get(before, name), value)]),
      ),
  };
  return createWidget(kind, state, { name: "widget" });
}

/** A source, or an address, as it is; of a path, one line that ends in a file's ending, the file's text, as anywidget has it. */
function textOf(given: string): string {
  const isPath = !/^https?:\/\/|[\n\r]/.test(given) && /[a-zA-Z0-9]\.[a-zA-Z0-9]+$/.test(given);
  return isPath ? readFileSync(given, "utf8") : given;
}
