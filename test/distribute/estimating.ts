/**
 * A process of an estimator's cluster: node estimating.js <modelDir> <maxSteps> [<calls>]. Prints lines of JSON.
 * With so many calls for an update it trains on three batches.
 */
import { joinCluster } from "../../src/distribute";
import { Estimator, trainAndEvaluate } from "../../src/estimator";
import { thinInput, thinModelFn } from "../estimator/thin";

async function main(): Promise<void> {
  const [modelDir = "", maxSteps = "", calls] = process.argv.slice(2);
  const cluster = await joinCluster({ timeoutSecs: 6 });
  const modelFn = thinModelFn({ gradientAccumulation: Number(calls ?? 1) });
  const config = { saveCheckpointsSteps: 2, saveSummarySteps: 1, cluster };
  const estimator = new Estimator({ modelFn, modelDir, config });
  const train = thinInput(`train${cluster.rank}`, calls === undefined ? "train" : "evaluate");
  const evaluate = thinInput("evaluate", "evaluate");
  const seen: number[] = [];
  const { metrics } = await trainAndEvaluate(
    estimator,
    {
      inputFn: train.inputFn,
      maxSteps: Number(maxSteps),
      hooks: [
        {
          afterRun: ({ globalStep, results }) => {
            seen.push(results.loss);
            process.stdout.write(`${JSON.stringify({ globalStep })}\n`);
          },
        },
      ],
    },
    { inputFn: evaluate.inputFn, steps: null, startDelaySecs: 0.1, throttleSecs: 0.1 },
  );
  process.stdout.write(`${JSON.stringify({ role: cluster.task.type, losses: seen, at: metrics?.global_step ?? "none" })}\n`); // prettier-ignore
  await cluster.close();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
    process.exit(1);
  },
);
