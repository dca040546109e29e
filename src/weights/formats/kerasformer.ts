/** Layers of Keras' applications that had other names in the versions that made the files which Keras publishes. */

/** Names of before, for files that have certain layers. */
interface Former {
  /** Whether a file is of that version, by the layers it has. */
  readonly is: (layers: ReadonlySet<string>) => boolean;
  /** Keras 3's name. */
  readonly nameOf: (layer: string) => string;
}

/**
 * @see Keras_Applications 1.0.8: resnet_common.py and mobilenet_v2.py, against keras 3.15.1: applications/resnet.py and
 *   mobilenet_v2.py; tf_keras 2.21: applications/mobilenet_v3.py, against keras 3.15.1: applications/mobilenet_v3.py
 */
const FORMERS: readonly Former[] = [
  {
    is: (layers) => layers.has("probs") && !layers.has("predictions"),
    nameOf: (layer) => (layer === "probs" ? "predictions" : layer),
  },
  {
    is: (layers) => layers.has("Conv_1_bn") && layers.has("Logits"),
    nameOf: (layer) => (layer === "Logits" ? "predictions" : layer),
  },
  {
    is: (layers) => layers.has("Conv/BatchNorm") && layers.has("expanded_conv/project"),
    nameOf: (layer) => layer.replaceAll("/BatchNorm", "_bn").replaceAll("/", "_").toLowerCase(),
  },
];

/** What Keras 3 calls the layers of an older file. */
export function namesInKeras3(layers: readonly string[]): (layer: string) => string {
  const all = new Set(layers);
  return FORMERS.find(({ is }) => is(all))?.nameOf ?? ((layer) => layer);
}
