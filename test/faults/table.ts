/** Tables of situations that users met: what each of them gives, or the error that tells them what to do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryFolder } from "../temporary";

/** A situation, and what must come of it. */
export interface Situation {
  /** What the user does, and what follows. */
  readonly name: string;
  /** Does it, in an empty folder of its own. */
  readonly situation: (folder: string) => unknown;
  /** Of the error that it must end with, or a value deeply equal to what it must give. */
  readonly expected: unknown;
  /** Why it can't be tried here, e.g. without ../shared/data; false or absent if it can. */
  readonly skip?: string | false;
}

/** One test for each row. */
export function testSituations(rows: readonly Situation[]): void {
  for (const { name, situation, expected, skip = false } of rows)
    test(name, { skip }, async () => {
      const attempt = async (): Promise<unknown> => await situation(temporaryFolder("situation"));
      if (expected instanceof RegExp) await assert.rejects(attempt, { message: expected });
      else assert.deepEqual(await attempt(), expected);
    });
}
