/** npm run bench -- step|input|train|trace|summaries|scaling|kernel [--json] [--rounds N] [--batch N] [--side N] [--gbits N] */
import { parseArgs } from "node:util";
import { format, machine, type Result } from "./contest";
import { benchInput } from "./input";
import { benchKernel, formatKernels, kernelMachine } from "./kernel";
import { benchScaling, formatScaling } from "./scaling";
import { benchStep, benchTrace, type StepBench } from "./step";
import { benchSummaries } from "./summaries";
import { benchHeld, benchTrain, formatHeld, formatTrain } from "./train";

const USAGE = `npm run bench -- <step|input|train|trace|summaries|scaling|kernel> [options]

  step       seconds of one ResNet-50 training step: ours, Python's, tfjs's
  input      images a second from TFRecords: ours and Python's tf.data
  train      images a second from records to checkpoints: ours, our bare step's, Keras's and PyTorch's
  trace      seconds to record and compile the training step once
  summaries  what scalars every step and histograms every 100 cost a training job
  scaling    what two processes exchange in a step, and what more would: the share of the step
  kernel     start, cells, completion, interrupt: our kernel, ipykernel and stock tslab

  --rounds N   counted rounds, contenders in turn   (default: 5)
  --batch N    images in a batch                    (default: 16)
  --side N     their side in pixels                 (default: 224)
  --steps N    train: what our job holds over so many steps, in place of the contest
  --gbits N    scaling: of the network between machines  (default: as measured between two processes)
  --json       one JSON object in place of the table
  --help       this text
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      batch: { type: "string", default: "16" },
      side: { type: "string", default: "224" },
      steps: { type: "string" },
      gbits: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [what] = positionals;
  if (values.help || what === undefined) {
    process.stdout.write(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  if (what === "kernel") return tellKernels(Number(values.rounds), values.json);
  const options = { rounds: Number(values.rounds), batch: Number(values.batch), side: Number(values.side) };
  if (what === "train") return tellTraining(options, values);
  if (what === "scaling") return tellScaling(options, values);
  const images = { unit: "images/s", of: (seconds: number): number => options.batch / seconds };
  const benches: Readonly<Record<string, () => Promise<Result[]>>> = {
    step: () => benchStep(options),
    input: () => benchInput(options),
    trace: () => benchTrace(options),
    summaries: () => benchSummaries(options),
  };
  const bench = benches[what];
  if (bench === undefined)
    throw new RangeError(
      `Cannot bench "${what}": expected step, input, train, trace, summaries, scaling or kernel`,
    );
  const results = await bench();
  const [ours, python] = results;
  const ratio = ours === undefined || python === undefined ? undefined : ours.minSeconds / python.minSeconds;
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ bench: what, ...options, machine: machine(), results, ratio })}\n`,
    );
    return;
  }
  process.stdout.write(headOf(what, options));
  process.stdout.write(`${format(results, what === "trace" ? undefined : images)}\n`);
  if (ratio !== undefined)
    process.stdout.write(
      `\n${ours?.name ?? ""} / ${python?.name ?? ""}: ${ratio.toFixed(3)} (of the minima)\n`,
    );
}

function headOf(what: string, { batch, side }: StepBench): string {
  const { cpu, cores, node, tensorflow } = machine();
  return `${what}, batch ${batch}, ${side} px; ${cores} x ${cpu}, Node ${node}, TensorFlow ${tensorflow}\n\n`;
}

async function tellTraining(
  options: StepBench,
  { steps, json }: { readonly steps?: string | undefined; readonly json: boolean },
): Promise<void> {
  const count = Number(steps);
  const result = steps === undefined ? await benchTrain(options) : { held: await benchHeld({ ...options, steps: count }) }; // prettier-ignore
  if (json)
    process.stdout.write(
      `${JSON.stringify({ bench: "train", ...options, ...(steps !== undefined && { steps: count }), machine: machine(), ...result })}\n`,
    );
  else {
    const text = "results" in result ? formatTrain(result, options.batch) : formatHeld(result.held, count);
    process.stdout.write(`${headOf("train", options)}${text}\n`);
  }
}

async function tellScaling(
  options: StepBench,
  { gbits, json }: { readonly gbits?: string | undefined; readonly json: boolean },
): Promise<void> {
  const scaling = await benchScaling(options, gbits === undefined ? undefined : Number(gbits));
  if (json)
    process.stdout.write(
      `${JSON.stringify({ bench: "scaling", ...options, machine: machine(), ...scaling })}\n`,
    );
  else process.stdout.write(`${headOf("scaling", options)}${formatScaling(scaling)}\n`);
}

async function tellKernels(rounds: number, json: boolean): Promise<void> {
  const result = await benchKernel(rounds);
  const machine = kernelMachine();
  if (json) process.stdout.write(`${JSON.stringify({ bench: "kernel", rounds, machine, ...result })}\n`);
  else {
    const { cpu, cores, node } = machine;
    process.stdout.write(
      `kernel, ${rounds} rounds; ${cores} x ${cpu}, Node ${node}\n\n${formatKernels(result)}\n`,
    );
  }
}

main().then(
  () => process.exit(process.exitCode ?? 0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
