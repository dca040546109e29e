/** What the elements of a dataset are made of, so that it can be told whether those of another process are the same. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { endedBy } from "../interrupt";
import { allPlans, knownFiles, type Plan } from "./plan";

/** What makes a dataset's elements. */
export interface Fingerprint {
  /** Of each step its name and numbers, and digests of its function, of what that closes over, and of its seed if it was given one. */
  readonly steps: readonly string[];
  /** Of each TFRecord file its name and a digest of its contents. */
  readonly files: readonly string[];
}

/**
 * The fingerprint of a dataset: another file, transformation or seed, another fingerprint. What is drawn without a given seed, and how
 * far ahead is worked, have no part in it.
 * @param signal  stops reading the files
 */
export async function fingerprintOf(
  plan: Plan<unknown>,
  signal: AbortSignal | undefined,
): Promise<Fingerprint> {
  const paths = knownFiles(plan);
  const steps = allPlans(plan).flatMap(({ name, detail, digest, chance, parents, strings }) => {
    if (name === "prefetch") return [];
    const texts = parents.length > 0 ? [] : strings.filter((text) => !paths.includes(text));
    const parts = [detail?.(), digest?.(), chance?.given, ...texts];
    return [`${name}(${parts.map((part) => String(part ?? "")).join("; ")})`];
  });
  const files: string[] = [];
  for (const file of paths) files.push(`${basename(file)} ${await fileDigest(file, signal)}`);
  return { steps, files };
}

async function fileDigest(file: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  const reading = createReadStream(file, { highWaterMark: 2 ** 20 });
  await endedBy(signal, pipeline(reading, hash, signal === undefined ? {} : { signal }));
  return hash.digest("hex");
}
