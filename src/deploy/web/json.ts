/** What model.json holds. */
import type { AttrJson, ShapeJson } from "./attributes";
import type { WeightJson } from "./weights";

/** An operation in model.json. */
export interface NodeJson {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, AttrJson>>;
}

/** An input or output by which a model is called. */
export interface TensorInfoJson {
  readonly name: string;
  readonly dtype: string;
  readonly tensorShape: ShapeJson;
}

/** What model.json says. */
export interface GraphModelJson {
  readonly format: "graph-model";
  readonly generatedBy: string;
  readonly convertedBy: string;
  readonly signature: {
    readonly inputs: Readonly<Record<string, TensorInfoJson>>;
    readonly outputs: Readonly<Record<string, TensorInfoJson>>;
  };
  readonly userDefinedMetadata: Readonly<Record<string, unknown>>;
  readonly modelTopology: {
    readonly node: readonly NodeJson[];
    readonly versions: { readonly producer: number; readonly minConsumer: number };
  };
  readonly weightsManifest: readonly [
    { readonly paths: readonly string[]; readonly weights: readonly WeightJson[] },
  ];
}
