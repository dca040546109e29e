/** What the tags of event files and the columns of epochs are about. */

/** A number that runs are compared by, and on what it was measured. */
export interface Measured {
  /** Relative to the folder that was read, with "/"; "." for that itself. */
  readonly run: string;
  readonly metric: string;
  /** "train", "validation", or another set's name. */
  readonly split: string;
}

const SPLITS: Readonly<Record<string, string>> = {
  train: "train",
  training: "train",
  val: "validation",
  valid: "validation",
  validation: "validation",
  eval: "validation",
  test: "test",
};

/** Names of Keras' accuracies, and of whatever else is called in two ways. */
const SYNONYMS: Readonly<Record<string, string>> = { acc: "accuracy", lr: "learning_rate" };

/**
 * What a tag is about: the run is the folder, without a last part that says what was measured on ("train", "eval", "eval_rare"), the
 * metric the tag without such a word ("val_loss", "Loss/train").
 * @param folder  relative to the one that was read
 */
export function measuredBy(folder: string, tag: string): Measured {
  const own = folderOf(folder, tag);
  const word = /^(train|training|val|valid|validation|eval|test)[_/](.+)$/i.exec(tag);
  const last = /^(.+)[_/](train|training|val|valid|validation|eval|test)$/i.exec(tag);
  const [plain = tag, split] = word === null ? [last?.[1], last?.[2]] : [word[2], word[1]];
  const metric = plain.replace(/^epoch_/, ""); // of Keras' TensorBoard callback
  const said = split === undefined ? undefined : SPLITS[split.toLowerCase()];
  return { run: own.run, metric: SYNONYMS[metric] ?? metric, split: said ?? own.split };
}

function folderOf(folder: string, tag: string): Omit<Measured, "metric"> {
  const parts = folder === "." ? [] : folder.split("/");
  const last = parts.at(-1) ?? "";
  const parent = parts.slice(0, -1).join("/") || ".";
  const split = SPLITS[last] ?? (last.startsWith("eval_") ? last : undefined);
  if (split !== undefined) return { run: parent, split };
  // PyTorch's add_scalars() makes a folder for each of the values, add_hparams() one named by the time.
  const added = `${tag.replace(/\//g, "_")}_`;
  if (last.startsWith(added)) {
    const name = last.slice(added.length);
    return { run: parent, split: SPLITS[name.toLowerCase()] ?? name };
  }
  return /^\d{10}\.\d+$/.test(last) ? { run: parent, split: "train" } : { run: folder, split: "train" };
}

/** The columns of csvLog() under the names of the tags that tensorboard() writes; undefined: not to compare runs by. */
export function measuredInColumn(column: string): Omit<Measured, "run"> | undefined {
  if (["epoch", "globalStep", "seconds", "imagesPerSecond", ""].includes(column)) return undefined;
  const own: Readonly<Record<string, Omit<Measured, "run">>> = {
    trainLoss: { metric: "crossEntropy", split: "train" },
    trainAccuracy: { metric: "accuracy", split: "train" },
    validationLoss: { metric: "crossEntropy", split: "validation" },
    validationAccuracy: { metric: "accuracy", split: "validation" },
    learningRate: { metric: "learning_rate", split: "train" },
  };
  return own[column] ?? measuredBy(".", column);
}
