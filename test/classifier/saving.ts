/** Saves a classifier all the time, each with its number in its weights and its notes, until it is killed. */
import { loadClassifier, saveClassifier } from "../../src/classifier";
import { tf } from "../../src/tensorflow";
import { NAMES, smallModel } from "./small";

/** The number that a folder's classifier has in its notes, and those in its weights. */
export function numbersIn(dir: string): { readonly told: number; readonly weights: readonly number[] } {
  const { model, notes, dispose } = loadClassifier(dir);
  const biases = [...model.variables.expect("Predict/logits/biases").dataSync()];
  dispose();
  return { told: Number(notes), weights: [...new Set(biases)] };
}

async function saveForever(dir: string): Promise<void> {
  const model = smallModel();
  for (let i = 1; ; i++) {
    model.variables.expect("Predict/logits/biases").assign(tf.fill([3], i));
    await saveClassifier(model, dir, { classNames: NAMES, notes: String(i) });
    process.stdout.write(`${i}\n`);
  }
}

if (require.main === module) void saveForever(process.argv[2] ?? "");
