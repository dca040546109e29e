/** A model as one graph of plain operations, its weights among them: what converters to other formats make most of. */
import type { Model } from "../model";
import { dataType, recordGraph, runGraph, tf, type GraphFunction } from "../tensorflow";
import type { InputReceiver } from "./receiver";
import type { ExportSignature } from "./signatures";

/** A signature of a frozen model; the caller disposes. */
export interface FrozenSignature extends Pick<ExportSignature, "fn" | "example"> {
  dispose(): void;
}

/**
 * A model in inference as a signature that has no variables: batch normalizations are parts of the convolutions before them, and of the
 * sizes only the batch's is open, 1 or more. It takes what the receiver makes of requests, [batch, side, side, 3]: those who ask it resize
 * and crop as the receiver would.
 * @param toOutputs  what it gives of the logits
 * @throws {TypeError} if the receiver takes strings, for which converters have no operations
 */
export function frozenSignature(
  model: Model,
  receiver: InputReceiver,
  toOutputs: (logits: tf.Tensor2D) => Readonly<Record<string, tf.Tensor>>,
): FrozenSignature {
  const { inputName, isPreprocessed = false } = receiver;
  if (dataType(receiver.example) === "string")
    throw new TypeError(
      `Cannot export frozen model: expected a receiver of images or preprocessed ones, got one of strings, "${inputName}", which need operations that converters lack`,
    );
  const images = exampleOf(model, receiver);
  const example = { [inputName]: images };
  const fn: GraphFunction["fn"] = ({ [inputName]: given = images }) => {
    const received = given.reshape<tf.Tensor4D>(given.shape);
    const preprocessed = isPreprocessed ? received : model.preprocess(received);
    return { logits: model.predict(preprocessed, { isTraining: false }).logits };
  };
  try {
    const graph = recordGraph("model", { fn, example });
    return {
      fn: (inputs) => {
        const { logits } = runGraph(graph, inputs);
        if (logits === undefined)
          throw new TypeError("Cannot export frozen model: expected logits, got none");
        return toOutputs(logits.as2D(-1, model.options.numClasses));
      },
      example,
      dispose: () => {
        graph.dispose();
        images.dispose();
      },
    };
  } catch (error) {
    images.dispose();
    throw error;
  }
}

/** Two images of the size that is received: numbers as photographs have them, so that the graph can be compared with the model. */
function exampleOf(model: Model, { side, isPreprocessed = false }: InputReceiver): tf.Tensor4D {
  const { fixedResizeSide, defaultImageSize } = model.options;
  const size = side ?? (isPreprocessed ? defaultImageSize : fixedResizeSide);
  return tf.tidy(() => {
    const pixels = tf.randomUniform<tf.Rank.R4>([2, size, size, 3], 0, 255, "float32", 1);
    return isPreprocessed ? model.preprocess(pixels).resizeBilinear([size, size]) : pixels;
  });
}
