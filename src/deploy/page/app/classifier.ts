/** The network: loaded once, asked photo by photo. */
import { startBackend, type Started } from "./backend.js";
import type { Description } from "./description.js";
import { fetchModelFile, fetchWeights, type Progress } from "./download.js";
import type { Tensor } from "./tensorflow.js";

/** What the network says of a photo. */
export interface Answer {
  /** By class. */
  readonly probabilities: readonly number[];
  /** Row by row, 0…1, if it was asked for. */
  readonly heat: Float32Array | undefined;
  /** Milliseconds that the network took. */
  readonly took: number;
}

/** Of which class heat is to be: that which is predicted, or one by number; or none is wanted. */
export type HeatOf = "predicted" | number | "none";

export interface Classifier extends Started {
  readonly description: Description;
  /**
   * @param values  [size, size, 3], 0…255
   * @throws {Error} if what the network makes of it is not finite
   */
  ask(values: Float32Array, heatOf: HeatOf): Promise<Answer>;
}

/** What is told while it loads. */
export interface Loading {
  onDescription(description: Description): void;
  onProgress(progress: Progress): void;
}

/** Downloads and starts at the same time. @throws {Error} if a file is missing or no backend starts */
export async function loadClassifier(asked: string | null, loading: Loading): Promise<Classifier> {
  const starting = startBackend(asked);
  starting.catch(() => undefined); // thrown below
  const file = await fetchModelFile();
  const about = file.userDefinedMetadata.slimlab;
  loading.onDescription(about);
  const [{ description, artifacts }, started] = await Promise.all([fetchWeights(file, loading.onProgress), starting]); // prettier-ignore
  const model = await tf.loadGraphModel({ load: () => Promise.resolve(artifacts) });
  const { inputs, outputs, photo } = description;
  return {
    ...started,
    description,
    async ask(values, heatOf) {
      const begun = performance.now();
      const given: Record<string, Tensor> = {
        [inputs.images]: tf.tensor(values, [1, photo.size, photo.size, 3], "float32"),
      };
      const hasHeat = outputs.heat !== undefined && heatOf !== "none";
      if (inputs.classes !== undefined)
        given[inputs.classes] = tf.tensor(Int32Array.of(typeof heatOf === "number" ? heatOf : -1), [1], "int32"); // prettier-ignore
      const names = [outputs.probabilities, ...(hasHeat ? [outputs.heat] : [])];
      const got = await dataOf(given, () => model.execute(given, names));
      const probabilities = [...(got[0] ?? [])];
      expectFinite(probabilities);
      return { probabilities, heat: hasHeat ? Float32Array.from(got[1] ?? []) : undefined, took: performance.now() - begun }; // prettier-ignore
    },
  };
}

/** Numbers of tensors, which are disposed. */
async function dataOf(
  given: Readonly<Record<string, Tensor>>,
  execute: () => Tensor[],
): Promise<readonly (Float32Array | Int32Array)[]> {
  let made: Tensor[] = [];
  try {
    made = execute();
    return await Promise.all(made.map((tensor) => tensor.data()));
  } finally {
    for (const tensor of [...Object.values(given), ...made]) tensor.dispose();
  }
}

function expectFinite(probabilities: readonly number[]): void {
  const wrong = probabilities.find((value) => !Number.isFinite(value));
  if (wrong !== undefined || probabilities.length === 0)
    throw new Error(`Cannot classify: expected finite probabilities, got ${wrong ?? "none"}`);
}
