/** What other processes do in tests of the Saver; as a program it saves all the time, until saverkill.test.ts kills it. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tf } from "../../src/tensorflow";
import { latestCheckpoint, Saver } from "../../src/training";

/** The variables of that process. */
export function createVariables(): Record<string, tf.Variable> {
  return { "net/weights": tf.variable(tf.zeros([64, 64])), "net/biases": tf.variable(tf.zeros([64])) };
}

/** Every value of a checkpoint is its step. They have its number in their names, or all of them one name. */
async function saveForever(folder: string, sharded: number, isNumbered: boolean): Promise<void> {
  const variables = createVariables();
  const saver = new Saver({ sharded, maxToKeep: 3 });
  const latest = latestCheckpoint(folder);
  let step = latest === undefined ? 0 : stepOf(saver, latest, variables);
  for (;;) {
    step++;
    for (const variable of Object.values(variables)) variable.assign(tf.fill(variable.shape, step));
    await saver.save(`${folder}/`, variables, isNumbered ? { globalStep: step } : {});
    process.stdout.write(`${step}\n`);
  }
}

/** Restores a checkpoint of which every value must be the same: its step. */
export function stepOf(saver: Saver, path: string, variables: Record<string, tf.Variable>): number {
  const { globalStep } = saver.restore(path, variables);
  const values = new Set(Object.values(variables).flatMap((variable) => [...variable.dataSync()]));
  const [step = NaN] = values;
  assert.equal(values.size, 1, [...values].join());
  if (globalStep !== undefined) assert.equal(step, globalStep);
  return step;
}

/** Saves 4 MB where only one has room: the error, once it is sure that the older checkpoint is as it was. */
export async function saveTooMuch(folder: string): Promise<string> {
  const big = tf.variable(tf.ones([1 << 20]));
  const small = tf.variable(tf.ones([8]));
  const contents = (): string[] =>
    readdirSync(folder).map((file) => `${file}: ${readFileSync(join(folder, file), "latin1")}`);
  const saver = new Saver();
  await saver.save(`${folder}/`, { small }, { globalStep: 1 });
  const before = contents();
  const error = await saver.save(folder, { big }, { globalStep: 2 }).then(String, String);
  await assert.rejects(saver.flush(), (thrown) => String(thrown) === error);
  assert.deepEqual(contents(), before);
  assert.equal(saver.restore(folder, { small }).globalStep, 1);
  await saver.save(folder, { small }, { globalStep: 3 });
  tf.dispose([big, small]);
  return error;
}

if (require.main === module) {
  const [, , folder = "", sharded, names] = process.argv;
  void saveForever(folder, Number(sharded), names === "numbered");
}
