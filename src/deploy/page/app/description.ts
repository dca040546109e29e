/** What model.json says of its classifier. */
import type { PhotoSize } from "./pixels.js";

/** Under `userDefinedMetadata.slimlab`, as exportWeb() writes it. */
export interface Description {
  readonly title: string;
  readonly classNames: readonly string[];
  readonly multiLabel: boolean;
  /** One for all classes, or one for each. */
  readonly threshold: number | readonly number[];
  readonly photo: PhotoSize;
  readonly inputs: { readonly images: string; readonly classes?: string };
  readonly outputs: { readonly probabilities: string; readonly heat?: string };
  /** The middle of what each row and column of the heat map looks at, as a share of the crop. */
  readonly heat?: { readonly rows: readonly number[]; readonly columns: readonly number[] };
  /** A photo's file in the folder. */
  readonly example?: string;
}

/** A weight in a manifest. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string };
}

/** model.json, as far as the page needs it. */
export interface ModelFile {
  readonly modelTopology: unknown;
  readonly weightsManifest: readonly { readonly paths: readonly string[]; readonly weights: readonly WeightSpec[] }[];
  readonly userDefinedMetadata: { readonly slimlab: Description };
} // prettier-ignore

/** @throws {Error} if it is no model that exportWeb() has written of a classifier */
export function expectModelFile(json: unknown): ModelFile {
  if (isModelFile(json)) return json;
  throw new Error(
    "Cannot load the model: expected model.json of a classifier, as exportWeb() writes it, got another file",
  );
}

function isModelFile(json: unknown): json is ModelFile {
  const about = at(at(json, "userDefinedMetadata"), "slimlab");
  return Array.isArray(at(json, "weightsManifest")) && Array.isArray(at(about, "classNames"));
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined; // prettier-ignore
}
