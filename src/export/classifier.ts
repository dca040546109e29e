/** The signatures of a classifier. */
import type { Model } from "../model";
import { broadcastTo, constant, tf, trace } from "../tensorflow";
import { createPredictInputFn, receivingSignature, type InputReceiver } from "./receiver";
import { recordSignature, type ExportSignature, type RecordedSignature } from "./signatures";

/** Options of recordClassifier(). */
export interface ClassifierOptions {
  /** Names of the classes, in their order. @default "0", "1", … */
  readonly labels?: readonly string[];
  /** What the signature "predict" receives. @default createPredictInputFn(): serialized tf.Example messages */
  readonly receiver?: () => InputReceiver;
}

type Forward = (images: tf.Tensor4D) => Record<string, tf.Tensor>;

/**
 * A model's signatures, all from one recording of it: `predict` (also as `serving_default`) gives the postprocessed logits,
 * probabilities and classes; `classify` takes serialized tf.Example messages and gives each class's label and score.
 * @throws {RangeError} if there are not as many labels as classes
 */
export function recordClassifier(
  model: Model,
  options: ClassifierOptions = {},
): { readonly signatures: RecordedSignature[]; dispose(): void } {
  const { numClasses, fixedResizeSide: side } = model.options;
  const labels = options.labels ?? Array.from({ length: numClasses }, (_, i) => String(i));
  if (labels.length !== numClasses) {
    throw new RangeError(`Cannot export model: expected ${numClasses} labels, got ${labels.length}`);
  }
  const receiver = (options.receiver ?? createPredictInputFn({ side }))();
  const examples = createPredictInputFn({ side, inputName: "inputs" })();
  const forward = trace(
    (images: tf.Tensor4D) => {
      const predictions = model.predict(model.preprocess(images), { isTraining: false });
      return model.postprocess(predictions);
    },
    { name: "forward", batch: "any" },
  );
  const run: Forward = (images) => forward.sync(images);
  const signatures: RecordedSignature[] = [];
  const dispose = (): void => {
    for (const { fn } of signatures) fn.dispose();
    forward.dispose();
    receiver.dispose();
    examples.dispose();
  };
  try {
    // Recorded now, so that the signatures call it.
    tf.dispose(tf.tidy(() => run(receiver.receive(receiver.example))));
    signatures.push(
      recordSignature("predict", { ...receivingSignature(receiver, run), aliases: ["serving_default"] }),
    );
    signatures.push(recordSignature("classify", classifySignature(run, examples, labels)));
  } catch (error) {
    dispose();
    throw error;
  }
  return { signatures, dispose };
}

/** @see tensorflow_serving/servables/tensorflow/classifier.cc, which reads the names "inputs", "classes" and "scores" */
function classifySignature(
  run: Forward,
  receiver: InputReceiver,
  labels: readonly string[],
): ExportSignature {
  return {
    ...receivingSignature(receiver, (images) => {
      const { probabilities } = run(images);
      if (probabilities === undefined)
        throw new TypeError("Cannot classify: expected probabilities, got none");
      const classes = broadcastTo(constant(labels, [labels.length], "string"), probabilities.shape);
      return { classes, scores: probabilities };
    }),
    method: "classify",
  };
}
