import type { WireObject } from "./frontend";
import type { Kind } from "./synced";

/** Where a model and its view are: a package of ipywidgets' or another. */
export interface Place {
  readonly module: string;
  readonly version: string;
}

/** ipywidgets' packages, by their protocol's versions. */
export const places = {
  base: { module: "@jupyter-widgets/base", version: "2.0.0" },
  controls: { module: "@jupyter-widgets/controls", version: "2.0.0" },
  output: { module: "@jupyter-widgets/output", version: "1.0.0" },
} as const;

/** By which front ends find the code of a model and its view; without a view nothing is drawn. */
export function modelNames({ module, version }: Place, model: string, view: string | null): WireObject {
  return {
    _model_module: module,
    _model_module_version: version,
    _model_name: model,
    _view_module: module,
    _view_module_version: version,
    _view_name: view,
  };
}

/** A kind whose names in the state are ipywidgets' in camelCase. */
export function snakeKind<S extends object>(model: WireObject, settle?: Kind<S>["settle"]): Kind<S> {
  return {
    model,
    encode: (values) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [snake(name), value])),
    decode: (values, state) => {
      const entries = Object.entries({ ...state }).filter(([name]) => Object.hasOwn(values, snake(name)));
      return Object.fromEntries(
        entries.map(([name, before]) => [name, expectLike(name, before, values[snake(name)])]),
      );
    },
    ...(settle === undefined ? {} : { settle }),
  };
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A front end's value, if it is of the kind that a state had before. */
function expectLike(name: string, before: unknown, value: unknown): unknown {
  if (["number", "string", "boolean"].includes(typeof before) && typeof value !== typeof before)
    throw new TypeError(
      `Cannot take "${name}" from the front end: expected a ${typeof before}, got ${typeof value}`,
    );
  return value;
}
