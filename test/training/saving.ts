/** A process that saves all the time, for saverkill.test.ts to kill: every value of a checkpoint is its step. */
import { tf } from "../../src/tensorflow";
import { latestCheckpoint, Saver } from "../../src/training";

/** The variables of that process. */
export function createVariables(): Record<string, tf.Variable> {
  return { "net/weights": tf.variable(tf.zeros([64, 64])), "net/biases": tf.variable(tf.zeros([64])) };
}

async function saveForever(folder: string, sharded: number): Promise<void> {
  const variables = createVariables();
  const saver = new Saver({ sharded, maxToKeep: 3 });
  const latest = latestCheckpoint(folder);
  let step = latest === undefined ? 0 : (saver.restore(latest, variables).globalStep ?? 0);
  for (;;) {
    step++;
    for (const variable of Object.values(variables)) variable.assign(tf.fill(variable.shape, step));
    await saver.save(folder, variables, { globalStep: step });
    process.stdout.write(`${step}\n`);
  }
}

if (require.main === module) void saveForever(process.argv[2] ?? "", Number(process.argv[3]));
