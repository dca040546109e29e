import { type Command, InvalidArgumentError, Option } from "commander";
import type { WrittenRecords } from "../input/records";
import type { InspectPhotosOptions } from "../photos";
import { watched } from "./interrupted";

interface Flags {
  readonly name?: string;
  readonly shards: number;
  readonly split?: string | Record<string, number>;
  readonly seed: number;
  readonly labels?: string[];
  readonly resizeSide?: number;
  readonly orient: "exif" | "stored";
  readonly parallel?: number;
  readonly csv?: string;
  readonly pathColumn?: string;
  readonly labelColumn?: string | string[];
  readonly labelSeparator?: string;
  readonly splitColumn?: string;
  readonly inspect?: true;
  readonly distance?: number;
  readonly json?: true;
}

type Run = [folder: string, out: string | undefined, flags: Flags, command: Command];

const FLAGS = { name: "--name", split: "--split", resizeSide: "--resize-side" } as const;

/** Adds `slimlab records`: a folder of class folders to TFRecords. */
export function addRecordsCommand(program: Command): void {
  const command = program
    .command("records")
    .summary("write a folder of photos as TFRecords, or look at it")
    .description(
      "Writes the images of <folder>, which has one folder a class, to <out> as TFRecords with TF-Slim's keys, " +
        "labels.txt and a manifest beside them, in place of an older set of the same name. A folder of splits, such as " +
        "train, val and test with the class folders in them, keeps these. Listed at the end, on stderr: what is no image " +
        "and left out, photos that are in several classes or splits, and splits without a photo of a class. " +
        "With --inspect it writes nothing, and tells what the photos are: their classes, splits and sizes, what is broken, turned, " +
        "there several times, or looks alike.",
    )
    .argument(
      "<folder>",
      "has one folder for each class, two at least, or splits that have them; to inspect, also records",
    )
    .argument("[out]", "where the records go; made if need be")
    .option("--name <name>", "first word of the files' names (default: the folder's name)")
    .option("--shards <number>", "files a split", wholeNumber, 2)
    .option(
      "--split <split>",
      'name of the split, or fractions as "train=0.8,validation=0.2" (default: "train")',
      splits,
    )
    .option("--seed <number>", "draws the order, and which images go to which split", wholeNumber, 0)
    .option("--labels <names>", 'the classes in their order, as "hat,shoes" (default: sorted)', names)
    .option("--resize-side <pixels>", "make larger images smaller, to this shorter side", wholeNumber)
    .addOption(
      new Option("--orient <way>", "turn photos as their Exif says, or take the pixels as they are stored")
        .choices(["exif", "stored"])
        .default("exif"),
    )
    .option("--parallel <number>", "images at once (default: the number of processors)", wholeNumber);
  addFurtherOptions(command);
}

/** Those of tables and of looking. */
function addFurtherOptions(command: Command): void {
  command
    .option("--csv <file>", "a table that tells the classes of the photos, in place of folders")
    .option("--path-column <name>", 'its column of the paths in <folder> (default: "path")')
    .option(
      "--label-column <names>",
      'its column of the class, or several, of 0 and 1, as "hat,shoes" (default: "label")',
      columns,
    )
    .option("--label-separator <text>", "what stands between several classes in one cell (default: none)")
    .option("--split-column <name>", "its column of the splits (default: none)")
    .option("--inspect", "write nothing; tell what the photos, or the records, are")
    .option(
      "--distance <bits>",
      "to inspect: bits of 64 that may differ in photos that look alike (default: 4)",
      wholeNumber,
    )
    .option("--json", "to inspect: print JSON, with all broken files and all duplicates")
    .addHelpText(
      "after",
      "\nExamples:\n  slimlab records photos --inspect\n  slimlab records photos records --split train=0.8,validation=0.2 --seed 1",
    )
    .action(runRecords);
}

async function runRecords(...[folder, out, flags, command]: Run): Promise<void> {
  if (flags.inspect === true) {
    if (out !== undefined) command.error(`error: --inspect writes nothing: expected no <out>, got "${out}"`);
    const [unused] = (["name", "split", "resizeSide"] as const).filter((one) => flags[one] !== undefined);
    if (unused !== undefined) command.error(`error: --inspect writes nothing: expected no ${FLAGS[unused]}`);
    return runInspect(folder, flags);
  }
  const [stray] = (["distance", "json"] as const).filter((one) => flags[one] !== undefined);
  if (stray !== undefined) command.error(`error: --${stray} needs --inspect`);
  if (out === undefined) return command.error("error: missing required argument 'out'");
  // eslint-disable-next-line no-restricted-syntax -- TensorFlow takes a second to load, for which help must not wait
  const { writeRecords } = await import("../input/records.js");
  const result = await watched("Interrupted; nothing was written", (by) =>
    writeRecords(folder, out, { ...optionsOf(flags), ...by }),
  );
  report(result, out);
}

async function runInspect(folder: string, flags: Flags): Promise<void> {
  const { json, distance, ...others } = flags;
  const options: InspectPhotosOptions = {
    ...optionsOf(others),
    ...(distance === undefined ? {} : { distance }),
  };
  // eslint-disable-next-line no-restricted-syntax -- as above
  const { inspectPhotos } = await import("../photos/index.js");
  const found = await watched("Interrupted", (by) => inspectPhotos(folder, { ...options, ...by }));
  process.stdout.write(`${json === true ? JSON.stringify(found, null, 1) : String(found)}\n`);
}

/** Options of writeRecords(), those of tables are inspectPhotos()' too. */
function optionsOf({ parallel, inspect: _, json: __, distance: ___, ...flags }: Flags) {
  return { ...flags, ...(parallel === undefined ? {} : { numParallel: parallel }) };
}

function report(result: WrittenRecords, out: string): void {
  const { written, labels, files, bad, turned, reencoded, duplicates, removed, warnings } = result;
  for (const [split, images] of Object.entries(written)) {
    const shards = files.filter((file) => file.includes(`_${split}_`)).length;
    process.stdout.write(`${split}: ${count(images, "image")} in ${count(shards, "file")}\n`);
  }
  process.stdout.write(`${count(labels.length, "class", "classes")} in ${out}: ${labels.join(", ")}\n`);
  if (reencoded > 0)
    process.stdout.write(
      `${count(reencoded, "image")} encoded anew, ${turned} of them turned as Exif says\n`,
    );
  list(`${count(bad.length, "bad image")} left out`, bad.map(({ file, reason }) => `${file}: ${reason}`)); // prettier-ignore
  const places = duplicates.map(
    ({ files: same, labels: classes, splits: parts }) =>
      `${same.join(" = ")}: in ${[...(classes.length > 1 ? classes : []), ...(parts.length > 1 ? parts : [])].join(", ")}`,
  );
  list(`${count(duplicates.length, "photo")} in several classes or splits`, places);
  list(`${count(removed.length, "file")} of an older set removed`, removed);
  list(count(warnings.length, "warning"), warnings);
}

/** A heading and a line each, on stderr; nothing if there are none. */
export function list(heading: string, lines: readonly string[]): void {
  if (lines.length > 0)
    process.stderr.write(`${[`${heading}:`, ...lines.map((line) => `  ${line}`)].join("\n")}\n`);
}

/** A number with its noun. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`Expected a whole number, got "${text}".`);
  return Number(text);
}

function columns(text: string): string | string[] {
  return text.includes(",") ? names(text) : text;
}

function names(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

function splits(text: string): string | Record<string, number> {
  if (!text.includes("=")) return text;
  const pairs = text.split(",").map((pair): [string, number] => {
    const [name = "", fraction = ""] = pair.split("=");
    const number = Number(fraction);
    if (name === "" || fraction === "" || !(number > 0))
      throw new InvalidArgumentError(`Expected name=fraction, got "${pair}".`);
    return [name.trim(), number];
  });
  return Object.fromEntries(pairs);
}
