/** Many small photos looked at: how long it takes, what it holds, and how long it says nothing. */
import path from "node:path";
import { renderPhotos } from "../src/input";
import { inspectPhotos } from "../src/photos";
import { contest, format, pythonPeer, ratioOf, timed, type Result } from "./contest";
import { inFolder } from "./folder";
import { peersPython } from "./peers";

/** Side of a photo in pixels. */
const SIDE = 64;
const SAMPLE_MS = 50;

/** What it took. */
export interface PhotosResult {
  /** Photos that were looked at. */
  readonly photos: number;
  readonly results: readonly Result[];
  readonly ratio: number | undefined;
  /** By how many MB the process grew above what it had after a first look at 100 of them. */
  readonly grownMb: number;
  /** The longest time between two calls of onProgress, in seconds. */
  readonly longestPause: number;
}

/** Renders photos of two classes and has them inspected, and hashed by ImageHash in as many processes as there are processors. */
export function benchPhotos({
  rounds,
  photos,
}: {
  readonly rounds: number;
  readonly photos: number;
}): Promise<PhotosResult> {
  return inFolder(async (folder) => {
    const [all, few] = [path.join(folder, "all"), path.join(folder, "few")];
    process.stderr.write(`rendering ${photos} photos of ${SIDE} x ${SIDE}\n`);
    await renderPhotos(few, { perClass: 50, size: SIDE });
    await renderPhotos(all, { perClass: Math.ceil(photos / 2), size: SIDE });
    await inspectPhotos(few);
    const before = process.memoryUsage.rss();
    let [most, longest, last] = [before, 0, 0];
    const sampler = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), SAMPLE_MS);
    const ours = (): Promise<number> => {
      last = performance.now();
      const onProgress = (): void => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
      };
      return timed(() => inspectPhotos(all, { onProgress }));
    };
    const peer = await pythonPeer("photos.py", [all], peersPython());
    const contenders = [
      { name: "slimlab: all that inspectPhotos() tells", run: ours },
      {
        name: "ImageHash: SHA-256 and phash alone",
        isPeer: true,
        run: () => peer.ask("go"),
        close: peer.close,
      },
    ];
    const results = await contest(contenders, rounds, 0);
    clearInterval(sampler);
    return {
      photos,
      results,
      ratio: ratioOf(results),
      grownMb: (most - before) / 2 ** 20,
      longestPause: longest / 1000,
    };
  });
}

/** The result in lines. */
export function formatPhotos({ photos, results, ratio, grownMb, longestPause }: PhotosResult): string {
  const table = format(results, undefined, { unit: "photos/s", of: (taken) => photos / taken });
  return `${table}\n\nslimlab / ImageHash: ${(ratio ?? NaN).toFixed(3)} (of the minima)
held beyond a first look at 100: ${grownMb.toFixed(0)} MB for ${photos} photos; longest time without progress: ${longestPause.toFixed(2)} s`;
}
