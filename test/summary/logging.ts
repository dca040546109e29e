/** A process that trains, checkpoints and logs, for kill.test.ts, which kills it: `logging.js FOLDER LAST_STEP`. */
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { SummaryWriter } from "../../src/summary";
import { tf } from "../../src/tensorflow";
import { latestCheckpoint, Saver } from "../../src/training";

/** What is logged at a step. */
export const lossAt = (step: number): number => Math.fround(Math.sin(step));

const EVERY = 5;

async function run(folder: string, last: number): Promise<void> {
  const saver = new Saver({ maxToKeep: 2 });
  const weights = tf.variable(tf.zeros([4]));
  const latest = latestCheckpoint(folder);
  const done = latest === undefined ? 0 : (saver.restore(latest, { weights }).globalStep ?? 0);
  const writer = new SummaryWriter(join(folder, "events"), { purgeStep: done + 1, maxQueue: 2 });
  const filler = "x".repeat(1_500_000); // so that a write takes a while
  for (let step = done + 1; step <= last; step++) {
    writer.scalar("loss", lossAt(step), step);
    void writer.histogram("weights", [step, step + 1], step);
    writer.text("note", `${step} ${filler}`, step);
    await sleep(4);
    if (step % EVERY === 0) {
      await writer.flush(); // what a checkpoint has behind it is in the file before it is
      await saver.save(`${folder}/`, { weights }, { globalStep: step });
    }
    process.stdout.write(`${step}\n`);
  }
  await writer.close();
}

if (require.main === module) void run(process.argv[2] ?? "", Number(process.argv[3]));
