/** Keras' files of weights: .weights.h5 and .keras of Keras 3, .h5 of Keras 1 to 3. */
import { weightsFileOf } from "./file";
import { openHdf5, type Hdf5File } from "./hdf5";
import { isRecord } from "./json";
import { kerasLayers, kerasModelName } from "./kerasconfig";
import { isLegacy, legacyEntries } from "./keraslegacy";
import { isNumbered, numberedEntries, type KerasContents } from "./kerasnumbered";
import { kerasParts, parsed } from "./kerasparts";
import type { WeightsFile } from "./weightsfile";

/**
 * Opens a file of Keras: `.weights.h5` or `.keras` of Keras 3 (a folder with its parts, too), `.h5` of any. Entries have the same
 * names in each, the layer's and the variable's: "conv1_conv/kernel", "conv1_bn/moving_mean"; a layer of a model in the model has
 * that one's name before it: "inner/conv/kernel". What optimizers, metrics and random generators keep is left out.
 *
 * Files of Keras 3 only number variables: kerasvariables.ts has their names by kind of layer. Where neither a file nor config.json
 * tells which of two is there, it is "gamma_or_beta"; where the kind is not known, it is the number: "mystery/0". `.weights.h5` of
 * Keras before 3.6 have no names of layers: they are called by their groups, "conv2d_1/kernel", and `metadata.layer_names` says so:
 * "file", "config.json" or "groups".
 *
 * `metadata` has, where the file says them: `keras_version`, `backend`, `model` (its name), `config` (its architecture in JSON).
 * @throws {Error} that names the file, if it is none of these, or damaged
 */
export async function openKerasFile(path: string): Promise<WeightsFile> {
  const parts = await kerasParts(path);
  const file = await openHdf5(parts.weights, path).finally(parts.release);
  try {
    const config = parts.config ?? configIn(file, path);
    const { entries, metadata } = contentsOf(file, path, config);
    return weightsFileOf({
      format: "keras",
      path,
      entries: entries.map(({ name, path: place }) => ({
        name,
        ...datasetAt(file, path, place),
        values: (dtype) => file.floats(place, dtype, name),
        parts: (dtype) => file.parts(place, dtype, name),
      })),
      metadata: { ...metadata, ...described(file, config, parts.metadata) },
      close: () => {
        file.close();
      },
    });
  } catch (error) {
    file.close();
    throw error;
  }
}

function contentsOf(file: Hdf5File, path: string, config: unknown): KerasContents {
  if (isLegacy(file)) return legacyEntries(file);
  if (isNumbered(file)) return numberedEntries(file, kerasLayers(config));
  const got = file.namesIn("").slice(0, 5).join(", ") || "nothing";
  throw new Error(
    `Cannot open "${path}": expected a file of Keras, with layers, got an HDF5 file with ${got}`,
  );
}

function datasetAt(file: Hdf5File, path: string, place: string): ReturnType<Hdf5File["dataset"]> {
  const kind = file.kindOf(place);
  if (kind === "dataset") return file.dataset(place);
  throw new Error(
    `Cannot open "${path}": expected a dataset "${place}", got ${kind === "none" ? kind : `a ${kind}`}`,
  );
}

/** The configuration that whole models' older files have as an attribute. */
function configIn(file: Hdf5File, path: string): unknown {
  const [text] = file.textsOf("", "model_config");
  return text === undefined ? undefined : parsed(`${path}: model_config`, text);
}

function described(file: Hdf5File, config: unknown, metadata: unknown): Record<string, string> {
  const groups = file.kindOf("model_weights") === "group" ? ["", "model_weights"] : [""];
  const said = (name: string): string | undefined => groups.flatMap((group) => file.textsOf(group, name))[0];
  const written = isRecord(metadata) ? metadata["keras_version"] : undefined;
  const texts = {
    keras_version: typeof written === "string" ? written : said("keras_version"),
    backend: said("backend"),
    model: kerasModelName(config),
    config: config === undefined ? undefined : JSON.stringify(config),
  };
  return Object.fromEntries(
    Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}
