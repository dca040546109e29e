/** What a .keras file's config.json says of a model's layers. */
import { isRecord } from "./json";

/** A layer as config.json has it. */
export interface KerasLayer {
  readonly name: string;
  /** Its class in snake case, e.g. "conv2d". */
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * The layers by the path of their group in model.weights.h5: "layers/conv2d_1", "layers/functional/layers/dense". Empty for a
 * model whose configuration lists no layers, as one written as a class.
 * @see keras 3.15.1: saving/saving_lib.py, _save_container_state() and _get_unique_name()
 */
export function kerasLayers(config: unknown, path = ""): Map<string, KerasLayer> {
  const found = new Map<string, KerasLayer>();
  const options = isRecord(config) ? config["config"] : undefined;
  const layers: unknown = isRecord(options) ? options["layers"] : undefined;
  const used = new Map<string, number>();
  for (const layer of Array.isArray(layers) ? layers : []) {
    if (!isRecord(layer) || !isRecord(layer["config"])) continue;
    const kind = snakeCase(String(layer["class_name"]));
    const count = used.get(kind) ?? 0;
    used.set(kind, count + 1);
    const group = `${path}layers/${kind}${count === 0 ? "" : `_${count}`}`;
    found.set(group, { name: String(layer["config"]["name"]), kind, options: layer["config"] });
    for (const [inner, one] of kerasLayers(layer, `${group}/`)) found.set(inner, one);
  }
  return found;
}

/** The name of the model of a configuration; undefined if it has none. */
export function kerasModelName(config: unknown): string | undefined {
  const name = isRecord(config) && isRecord(config["config"]) ? config["config"]["name"] : undefined;
  return typeof name === "string" ? name : undefined;
}

/** As Keras names the groups of a class; a package before the name ("package>Name") is no part of it. @see utils/naming.py */
function snakeCase(className: string): string {
  return className
    .replace(/^.*>/, "")
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}
