/** What interpret() and embed() take of many small photos: seconds, and what the process grows by. */
import path from "node:path";
import { embed } from "../src/embed";
import { createInputFn, preprocessForEval, renderPhotos, writeRecords } from "../src/input";
import { interpret } from "../src/interpret";
import { Model } from "../src/model";
import { timed } from "./contest";
import { inFolder } from "./folder";

/** Photos that are rendered; more are these again. */
const RENDERED = 2000;
const [SIDE, RESIZED] = [32, 36];

/** What one call took. */
export interface TrustRow {
  readonly name: string;
  readonly seconds: number;
  /** By how many MB the process is larger after it. */
  readonly grownMb: number;
}

/** What the calls took. */
export interface TrustResult {
  readonly photos: number;
  readonly rows: readonly TrustRow[];
}

/** Reads photos of 32 pixels through a thin ResNet-14, each call once. */
export function benchTrust(wanted: number): Promise<TrustResult> {
  return inFolder(async (folder) => {
    const [photos, records] = [path.join(folder, "photos"), path.join(folder, "records")];
    process.stderr.write(`rendering ${RENDERED} photos\n`);
    await renderPhotos(photos, { perClass: RENDERED / 2, size: RESIZED });
    await writeRecords(photos, records, { name: "small", split: { all: 1 } });
    const input = createInputFn(path.join(records, "small_all_*"), {
      ...{ batchSize: 64, numEpochs: Math.ceil(wanted / RENDERED), filenames: true },
      transform: (image) => preprocessForEval(image, { size: SIDE, resizeSide: RESIZED }),
    })();
    const model = new Model({ architecture: "resnet_v1_14", width: 0.25, defaultImageSize: SIDE, fixedResizeSide: RESIZED, numClasses: 2, seed: 1 }); // prettier-ignore
    await interpret(model, input.take(8));
    const rows: TrustRow[] = [];
    const measured = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const before = process.memoryUsage.rss();
      const given: T[] = [];
      const seconds = await timed(async () => void given.push(await work()));
      rows.push({ name, seconds, grownMb: (process.memoryUsage.rss() - before) / 2 ** 20 });
      const [result] = given;
      if (result === undefined) throw new Error(`Cannot measure ${name}: expected a result, got none`);
      return result;
    };
    const found = await measured("interpret()", () => interpret(model, input));
    await measured("topLosses(9)", () => found.topLosses(9));
    await measured("rocCurves()", () => found.rocCurves());
    const embeddings = await measured("embed()", () => embed(model, input));
    await measured("nearest(0)", () => embeddings.nearest(0));
    await measured("labelErrors()", () => embeddings.labelErrors());
    return { photos: found.count, rows };
  });
}

/** The result in lines. */
export function formatTrust({ photos, rows }: TrustResult): string {
  const lines = rows.map(({ name, seconds, grownMb }) => `${name.padEnd(14)}${seconds.toFixed(2).padStart(8)} s${grownMb.toFixed(0).padStart(7)} MB`); // prettier-ignore
  return [`${photos.toLocaleString("en-US")} photos of ${SIDE} x ${SIDE}; what each took, and the process grew by`, "", ...lines].join("\n"); // prettier-ignore
}
