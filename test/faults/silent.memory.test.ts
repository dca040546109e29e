import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Dataset, Model, createTrainStep, memory, tf, trace, type TrainStep } from "../../src";
import { testSituations } from "./table";

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");
setFlagsFromString("--no-expose-gc");

/** What has been freed when nothing refers to garbage any more. */
async function collected(): Promise<ReturnType<typeof memory>> {
  for (let round = 0; round < 3; round++) {
    if (typeof collect === "function") Reflect.apply(collect, undefined, []);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  }
  return memory();
}

async function left(make: () => unknown): Promise<unknown> {
  const before = await collected();
  await (async () => void (await make()))();
  const after = await collected();
  return { tensors: after.tensors - before.tensors, functions: after.functions - before.functions };
}

const nothing = { tensors: 0, functions: 0 };
const thin = (): Model =>
  new Model({
    isTraining: true,
    architecture: "resnet_v1_14",
    width: 0.05,
    defaultImageSize: 32,
    fixedResizeSide: 32,
  });
const images = (): tf.Tensor4D => tf.zeros([2, 32, 32, 3]);
const train = (step: TrainStep): Promise<unknown> => step(images(), tf.tensor1d([0, 1], "int32"));
const numbers = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];
const drawn = (draw: () => number) => async () => {
  const traced = trace((x: tf.Tensor) => x.add(draw()), { name: "f" });
  return numbers(await traced(tf.scalar(1)));
};

testSituations([
  ...[
    { name: "Math.random()", draw: () => Math.random() },
    { name: "Date.now()", draw: () => Date.now() },
    { name: "new Date()", draw: () => new Date().getTime() },
    { name: "Date()", draw: () => Date().length },
    { name: "performance.now()", draw: () => performance.now() },
    { name: "process.hrtime()", draw: () => process.hrtime()[1] },
    { name: "process.hrtime()", draw: () => Number(process.hrtime.bigint()) },
    { name: "crypto.getRandomValues()", draw: () => crypto.getRandomValues(new Uint8Array(1))[0] ?? 0 },
    { name: "crypto.randomUUID()", draw: () => crypto.randomUUID().length },
  ].map(({ name, draw }) => ({
    name: `${name} in a traced function is refused, not drawn once`,
    situation: drawn(draw),
    expected: new RegExp(
      `^Cannot trace "f": expected graph operations only, got ${name.replace(/[().]/g, "\\$&")}, `,
    ),
  })),
  {
    name: "Math.random() in map() is refused",
    situation: () =>
      Dataset.range(3)
        .map((x) => x.add(Math.random()))
        .first(),
    expected:
      /^Cannot trace "map": expected graph operations only, got Math.random\(\), .* use random\.uniform/,
  },
  {
    name: "a Date of a given time is none that is read off a clock, and Math.random() is as ever afterwards",
    situation: async () => {
      const before = [Math.random, Date, performance.now.call, process.hrtime];
      const values = await drawn(() => new Date(2020, 0).getFullYear() - 2019)();
      await drawn(() => Math.random())().catch(() => undefined);
      const after = [Math.random, Date, performance.now.call, process.hrtime];
      return [values, after.every((value, i) => value === before[i]), Math.random() < 1];
    },
    expected: [[2], true, true],
  },
  {
    name: "a counter in map() is refused, where it was 0 for every element",
    situation: () => {
      let count = 0;
      return Dataset.range(3)
        .map((x) => x.add(count++))
        .first();
    },
    expected:
      /^Cannot trace "map": expected a function that does the same at each call, got one in which a constant was 0, then 1: /,
  },
  {
    name: "an array that grows in filter() is refused",
    situation: () => {
      const seen: number[] = [];
      return Dataset.range(3)
        .filter((x) => (seen.push(1), seen.reduce((sum) => sum.add(1), x).greater(0)))
        .first();
    },
    expected: /^Cannot trace "filter": expected a function that does the same at each call/,
  },
  {
    name: "a shuffle inside of interleave() still draws its seed",
    situation: async () => {
      const shuffled = Dataset.range(1).interleave(() => Dataset.range(1).shuffle(2));
      return numbers(await shuffled.first());
    },
    expected: [0],
  },
  {
    name: "a function assigned and called at once by .sync: the call that ends last is refused, not lost",
    situation: async () => {
      const count = tf.variable(tf.scalar(0));
      const f = trace((x: tf.Tensor) => (count.assign(count.add(x)), count.clone()), { name: "f" });
      f.sync(tf.scalar(1));
      const running = f(tf.scalar(10));
      await new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));
      f.sync(tf.scalar(1));
      await running;
    },
    expected:
      /^Cannot assign variable ".*" what "f" computed: expected the value that the call began with, .* await the call first$/,
  },
  {
    name: "f.sync in map(), and f disposed: the dataset goes on with it",
    situation: async () => {
      const f = trace((x: tf.Tensor) => x.mul(2));
      const doubled = Dataset.range(3).map((x) => f.sync(x));
      const first = await doubled.first();
      f.dispose();
      const all: number[] = [...numbers(first)];
      for await (const x of doubled) all.push(...numbers(x));
      return all;
    },
    expected: [0, 0, 2, 4],
  },
  {
    name: "a tensor that nobody holds is freed",
    situation: () => left(() => tf.ones([3])),
    expected: nothing,
  },
  {
    name: "a model and its step that nobody holds are freed",
    situation: () => left(() => train(createTrainStep(thin()))),
    expected: nothing,
  },
  {
    name: "a traced function, what it captured and the function that it calls are freed",
    situation: () =>
      left(async () => {
        const weight = tf.variable(tf.scalar(2));
        const inner = trace((x: tf.Tensor) => x.mul(weight));
        const outer = trace((x: tf.Tensor) => inner.sync(x).add(1));
        await outer(tf.scalar(1));
      }),
    expected: nothing,
  },
  {
    name: "a dataset half read is freed, with its tensors",
    situation: () =>
      left(async () => {
        const iterator = Dataset.fromTensorSlices(tf.range(0, 10))
          .map((x) => x.add(1))
          .shuffle(4)
          .batch(2)
          .iterator();
        await iterator.next();
      }),
    expected: nothing,
  },
  {
    name: "what is in use stays: a clone, a closure, a dataset, an iterator, a step, a traced function",
    situation: async () => {
      const kept = await (async () => {
        const original = tf.tensor1d([1, 2]);
        const inClosure = tf.scalar(3);
        const iterator = Dataset.fromTensorSlices(tf.tensor1d([5, 6, 7]))
          .map((x) => x.add(1))
          .iterator();
        numbers((await iterator.next()).value ?? tf.scalar(0));
        const weight = tf.variable(tf.scalar(2));
        const inner = trace((x: tf.Tensor) => x.mul(weight));
        const step = createTrainStep(thin());
        await train(step);
        return {
          clone: original.clone(),
          reshaped: original.reshape([2, 1]),
          read: () => numbers(inClosure),
          dataset: Dataset.fromTensorSlices(tf.tensor1d([8, 9])),
          iterator,
          traced: trace((x: tf.Tensor) => inner.sync(x).add(1)),
          first: await inner(tf.scalar(1)),
          step,
        };
      })();
      await collected();
      const { value } = await kept.iterator.next();
      await train(kept.step);
      return [
        ...[numbers(kept.clone), numbers(kept.reshaped), kept.read(), numbers(await kept.dataset.first())],
        ...[numbers(value ?? tf.scalar(0)), numbers(await kept.traced(tf.scalar(4))), numbers(kept.first)],
        kept.step.globalStep,
      ];
    },
    expected: [[1, 2], [1, 2], [3], [8], [7], [9], [2], 2],
  },
  {
    name: "a variable of a model outlives the model, and disposing it late is harmless",
    situation: async () => {
      const variable = (() => thin().variables.expect("resnet_v1_14/conv1/BatchNorm/gamma"))();
      await collected();
      const values = numbers(variable).every((value) => value === 1);
      variable.dispose();
      variable.dispose();
      return values && variable.isDisposed;
    },
    expected: true,
  },
  {
    name: "a step that runs when its model is out of reach ends, and all is freed",
    situation: async () => {
      const before = await collected();
      const running = (() => train(createTrainStep(thin())))();
      await collected();
      await running;
      const { tensors, functions } = await collected();
      return { tensors: tensors - before.tensors, functions: functions - before.functions };
    },
    expected: nothing,
  },
]);
