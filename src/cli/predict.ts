import type { Command } from "commander";
import { watched } from "./interrupted";
import { count, list } from "./records";

interface Flags {
  readonly json?: boolean;
  readonly tta?: boolean;
}

/** Adds `slimlab predict`: the classes of photos. */
export function addPredictCommand(program: Command): void {
  program
    .command("predict")
    .summary("tell the classes of photos")
    .description(
      "Tells the classes of <photos> by <classifier>: a line for each with the likeliest class, or those above the threshold of a " +
        "classifier of several classes a photo, and the next likely one, with their probabilities. Files that are no photos are listed at the end, " +
        "on stderr, and the exit code is then 1.",
    )
    .argument("<classifier>", "folder of saveClassifier() or exportSavedModel()")
    .argument("<photos...>", "files, folders or addresses (https://…)")
    .option("--json", "print all probabilities as JSON: { photos, bad }")
    .option("--tta", "look at ten crops of each photo, too, five of them mirrored: eleven times the work")
    .addHelpText("after", "\nExample:\n  slimlab predict hats photos/*.jpg https://example.org/hat.jpg")
    .action(runPredict);
}

async function runPredict(
  classifier: string,
  photos: readonly string[],
  { json = false, tta = false }: Flags,
): Promise<void> {
  // eslint-disable-next-line no-restricted-syntax -- TensorFlow takes a second to load, for which help must not wait
  const { predict } = await import("../classifier/predict.js");
  const found = await watched("Interrupted", (by) => predict(classifier, photos, { ...by, tta }));
  const { bad, photos: predicted } = found;
  if (json) process.stdout.write(`${JSON.stringify({ photos: predicted, bad }, null, 1)}\n`);
  else if (predicted.length > 0) process.stdout.write(`${String(found.table())}\n`);
  list(`${count(bad.length, "file")} left out`, bad.map(({ reason }) => reason)); // prettier-ignore
  if (bad.length > 0) process.exitCode = 1;
}
