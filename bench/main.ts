/** npm run bench -- WHAT [--json] [--keep] [--rounds N] …: see the text below. */
import { parseArgs } from "node:util";
import { benchFirst, benchMemory } from "./alone";
import { format, machine, megabytes, ratioOf, seconds, type Measure, type Result } from "./contest";
import { benchAugment } from "./augment";
import { benchExplain, formatExplain } from "./explain";
import { benchCams } from "./cams";
import { benchFeatures, FROZEN } from "./features";
import { benchFinetune, formatFinetune } from "./finetune";
import { benchInfer } from "./infer";
import { benchInt8 } from "./int8";
import { benchFlowers, benchLarge } from "./input";
import { benchKernel, formatKernels, kernelMachine } from "./kernel";
import { benchNetwork } from "./networks";
import { benchOnnx, formatOnnxExports } from "./onnx";
import { benchPage } from "./page";
import { benchPhotos, formatPhotos } from "./photos";
import { keep } from "./results";
import { benchScaling, formatScaling } from "./scaling";
import { benchServe, formatServe } from "./serve";
import { benchStep, benchTrace, type StepBench } from "./step";
import { benchSummaries } from "./summaries";
import { benchHeld, benchTrain, formatHeld, formatTrain } from "./train";
import { benchTrust, formatTrust } from "./trust";
import { benchTransfer, formatTransfer } from "./transfer";
import { benchWeights, formatWeights } from "./weights";

/** What the command line asks for. */
interface Wish extends StepBench {
  readonly steps?: number | undefined;
  readonly gbits?: number | undefined;
  readonly photos?: number | undefined;
  readonly passes?: number | undefined;
  readonly architecture?: string | undefined;
}

/** What a bench gives: for people, and for --json and --keep. */
interface Outcome {
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Bench {
  readonly about: string;
  run(wish: Wish): Promise<Outcome>;
  /** Its machine, if the bench is not to load TensorFlow. */
  readonly machine?: () => object;
}

const images = ({ batch }: Wish) => ({ unit: "images/s", of: (taken: number): number => batch / taken });

const benches: Readonly<Record<string, Bench>> = {
  step: contestOf("one ResNet-50 training step: ours, Python's, PyTorch's, tfjs's", benchStep, { rate: images }),
  networks: contestOf("one training step of --architecture: ours, Python's of the same", benchNetworks, { rate: images }),
  first: contestOf("from a process's start to its first loss: ours, Python's, PyTorch's", benchFirst),
  memory: contestOf("the most memory of a process that trains: ours, Python's, PyTorch's", benchMemory, { measure: megabytes }),
  page: { about: "seconds: the exported page's first answer in Chromium, and a photo's: ours, bare TensorFlow.js's on WebAssembly", run: runPage },
  infer: contestOf("inference: ours, PyTorch's, ONNX Runtime's", benchInfer, { rate: images }),
  int8: contestOf("inference in ONNX Runtime: our export in int8, quantize_static's, float32", benchInt8, { rate: images }),
  input: { about: "seconds: images from TFRecords, of flowers' size and of 12 megapixels: ours and Python's tf.data", run: runInput },
  augment: contestOf("photos augmented by TrivialAugmentWide and RandAugment: ours, torchvision's", benchAugment, { rate: images }),
  train: { about: "from records to checkpoints: ours, our bare step's, Keras's and PyTorch's", run: runTrain },
  features: { about: "seconds: an epoch with conv1 to block3, or all but the head, frozen: on features, and with the trunk in each", run: runFeatures },
  finetune: { about: "seconds: from a process's start to 95 % validated accuracy of a new head: ours, PyTorch's, Keras's", run: runFinetune },
  transfer: { about: "seconds and accuracy: all of a pretrained network fine-tuned to photos: ours, PyTorch's; a round is a seed", run: runTransfer },
  photos: { about: "seconds, memory: many small photos inspected: ours, ImageHash's hashes alone", run: runPhotos },
  trust: { about: "seconds, memory: many small photos interpreted, embedded, and their labels checked", run: runTrust },
  explain: { about: "seconds: ResNet-50's heat maps by Grad-CAM, Ablation-CAM, RISE, Score-CAM: ours, pytorch-grad-cam's; memory", run: runExplain },
  onnx: { about: "seconds: --architecture as an ONNX file, written, and run: ours, torch's, and our TensorFlow; memory", run: runOnnx },
  weights: { about: "seconds, memory: VGG-16's weights imported from a file: ours, torchvision's by safetensors", run: runWeights },
  serve: { about: "requests/s, latencies: photos classified over HTTP by --architecture, for 1, 8 and 32 clients: ours, Python's", run: runServe },
  trace: contestOf("recording and compiling the training step once", benchTrace),
  summaries: contestOf("what scalars every step and histograms every 100 cost a training job", benchSummaries, { rate: images }),
  cams: contestOf("what heat maps of eight photos every 50 steps cost a training", benchCams),
  scaling: { about: "what two processes exchange in a step, and what more would", run: runScaling },
  kernel: { about: "start, cells, completion, interrupt: our kernel, ipykernel, stock tslab", run: runKernel, machine: kernelMachine },
}; // prettier-ignore

const USAGE = `npm run bench -- <${Object.keys(benches).join("|")}> [options]

${Object.entries(benches).map(([name, { about }]) => `  ${name.padEnd(11)}${about}`).join("\n")}

  --rounds N   counted rounds, contenders in turn   (default: 5)
  --batch N    images in a batch                    (default: 16)
  --side N     their side in pixels                 (default: 224)
  --steps N    train: what our job holds over so many steps, in place of the contest
  --photos N   photos, trust: how many              (default: 2000; trust: 20000)
  --passes N   explain: channels of the last block; 1,000 masks for 2,048  (default: 2048)
  --architecture NAME  networks, serve, onnx: which      (default: mobilenet_v2; onnx: resnet_v1_50)
  --gbits N    scaling: of the network between machines  (default: as measured between two processes)
  --keep       notes the result among those of this processor, in bench/results
  --json       one JSON object in place of the table; its ratio is ours over the best peer's, of the minima
  --help       this text
`; // prettier-ignore

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      batch: { type: "string", default: "16" },
      side: { type: "string", default: "224" },
      steps: { type: "string" },
      gbits: { type: "string" },
      photos: { type: "string" },
      passes: { type: "string" },
      architecture: { type: "string" },
      keep: { type: "boolean", default: false },
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
  const bench = benches[what];
  if (bench === undefined)
    throw new RangeError(`Cannot bench "${what}": expected ${Object.keys(benches).join(", ")}`);
  const { rounds, batch, side, steps, gbits, photos, passes, architecture } = values;
  const shape = { rounds: countOf("rounds", rounds), batch: countOf("batch", batch), side: countOf("side", side) };
  const wish: Wish = { ...shape, ...(steps !== undefined && { steps: countOf("steps", steps) }), ...(gbits !== undefined && { gbits: Number(gbits) }), ...(photos !== undefined && { photos: countOf("photos", photos) }), ...(passes !== undefined && { passes: countOf("passes", passes) }), ...(architecture !== undefined && { architecture }) };
  const { text, data } = await bench.run(wish);
  const on = bench.machine?.() ?? machine();
  const result = { bench: [what, architecture].filter(Boolean).join(" "), ...wish, machine: on, ...data };
  if (values.keep) process.stderr.write(`kept in ${keep(result)}\n`);
  const head = `${what}, ${rounds} rounds, batch ${batch}, ${side} px; ${Object.entries(on).map(([name, value]) => `${name} ${String(value)}`).join(", ")}`;
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${head}\n\n${text}\n`);
} // prettier-ignore

/** A bench of contenders that do the same. */
function contestOf(
  about: string,
  run: (wish: Wish) => Promise<Result[]>,
  shown: { readonly measure?: Measure; readonly rate?: typeof images } = {},
): Bench {
  const { measure = seconds, rate } = shown;
  return {
    about: `${measure.unit === "s" ? "seconds" : measure.unit}: ${about}`,
    async run(wish) {
      const results = await run(wish);
      return {
        text: tableOf(results, measure, rate?.(wish)),
        data: { unit: measure.unit, results, ratio: ratioOf(results) },
      };
    },
  };
}

function tableOf(results: readonly Result[], measure: Measure, rate?: ReturnType<typeof images>): string {
  const ratio = ratioOf(results);
  const end = ratio === undefined ? "" : `\n\n${results[0]?.name ?? ""} / the best peer: ${ratio.toFixed(3)} (of the minima)`; // prettier-ignore
  return `${format(results, measure, rate)}${end}`;
}

function benchNetworks({ architecture = "mobilenet_v2", ...wish }: Wish): Promise<Result[]> {
  return benchNetwork(architecture, wish);
}

async function runInput(wish: Wish): Promise<Outcome> {
  const rate = images(wish);
  return bothOf(
    { title: "flowers", results: await benchFlowers(wish), rate },
    { title: "4000 x 3000 pixels", name: "large", results: await benchLarge(wish), rate },
  );
}

async function runFeatures(wish: Wish): Promise<Outcome> {
  return bothOf(
    { title: "conv1 to block3 frozen", results: await benchFeatures(wish, FROZEN.block3) },
    { title: "all but the head frozen", name: "head", results: await benchFeatures(wish, FROZEN.head) },
  );
}

async function runPage(wish: Wish): Promise<Outcome> {
  const { first, photo } = await benchPage(wish);
  return bothOf(
    { title: "a photo", results: photo },
    { title: "from opening the page to its first answer", name: "first", results: first },
  );
}

async function runFinetune(wish: Wish): Promise<Outcome> {
  const result = await benchFinetune(wish);
  return { text: formatFinetune(result), data: { unit: seconds.unit, ...result } };
}

async function runTransfer(wish: Wish): Promise<Outcome> {
  const result = await benchTransfer(wish);
  return { text: formatTransfer(result), data: { unit: seconds.unit, ...result } };
}

async function runPhotos({ rounds, photos = 2000 }: Wish): Promise<Outcome> {
  const result = await benchPhotos({ rounds, photos });
  return { text: formatPhotos(result), data: { unit: seconds.unit, ...result } };
}

async function runExplain({ rounds, side, passes = 2048 }: Wish): Promise<Outcome> {
  const result = await benchExplain({ rounds, side, passes });
  return { text: formatExplain(result), data: { unit: seconds.unit, ...result } };
}

async function runServe({ rounds, architecture = "mobilenet_v2" }: Wish): Promise<Outcome> {
  const result = await benchServe(architecture, rounds);
  return { text: formatServe(result), data: { ...result } };
}

async function runOnnx({ architecture, ...wish }: Wish): Promise<Outcome> {
  const result = await benchOnnx(wish, architecture);
  const text = `${formatOnnxExports(result)}\n\n${tableOf(result.results, seconds, images(wish))}`;
  return { text, data: { unit: seconds.unit, ...result, ratio: ratioOf(result.results) } };
}

async function runTrust({ photos = 20_000 }: Wish): Promise<Outcome> {
  const result = await benchTrust(photos);
  return { text: formatTrust(result), data: { unit: seconds.unit, ...result } };
}

async function runWeights({ rounds }: Wish): Promise<Outcome> {
  const result = await benchWeights(rounds);
  return { text: formatWeights(result), data: { unit: seconds.unit, ...result } };
}

interface Contest {
  readonly title: string;
  readonly results: readonly Result[];
  readonly rate?: ReturnType<typeof images>;
}

/** Two contests of seconds; the second has a name in the data. */
function bothOf(one: Contest, other: Contest & { readonly name: string }): Outcome {
  const shown = [one, other].map(({ title, results, rate }) => `${title}\n\n${tableOf(results, seconds, rate)}`); // prettier-ignore
  const told = ({ results }: Contest): object => ({ results, ratio: ratioOf(results) });
  return {
    text: shown.join("\n\n"),
    data: { unit: seconds.unit, ...told(one), [other.name]: told(other) },
  };
}

async function runTrain(wish: Wish): Promise<Outcome> {
  const { steps } = wish;
  if (steps === undefined) {
    const result = await benchTrain(wish);
    return { text: formatTrain(result, wish.batch), data: { ...result } };
  }
  const held = await benchHeld({ ...wish, steps });
  return { text: formatHeld(held, steps), data: { held } };
}

async function runScaling(wish: Wish): Promise<Outcome> {
  const scaling = await benchScaling(wish, wish.gbits);
  return { text: formatScaling(scaling), data: { ...scaling } };
}

async function runKernel({ rounds }: Wish): Promise<Outcome> {
  const result = await benchKernel(rounds);
  return { text: formatKernels(result), data: { ...result } };
}

/** @throws {RangeError} if an option is no whole number of 1 or more */
function countOf(option: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new RangeError(`Cannot bench: expected a whole number of 1 or more for --${option}, got "${text}"`);
}

main().then(
  () => process.exit(process.exitCode ?? 0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
