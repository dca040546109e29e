import { tf, trace } from "../../src";
import { testSituations } from "./table";

const values = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];

testSituations([
  {
    name: "tf.gather() with computed indices in a traced function, and another argument's",
    situation: async () => {
      const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
      const best = trace((y: tf.Tensor, at: tf.Tensor1D) => [
        tf.gather(y, tf.argMax(y, 0).toInt()),
        tf.gather(y, at, 1),
      ]);
      const results = await best(x, tf.tensor1d([1], "int32"));
      const others = await best(x.neg(), tf.tensor1d([0], "int32"));
      return [...results, ...others].map(values);
    },
    expected: [
      [5, 6, 5, 6],
      [2, 4, 6],
      [-1, -2, -1, -2],
      [-1, -3, -5],
    ],
  },
  {
    name: "tf.gather() in a traced function with an index out of range says so",
    situation: async () => {
      const pick = trace((x: tf.Tensor1D, at: tf.Tensor1D) => tf.gather(x, at));
      await pick(tf.tensor1d([1, 2]), tf.tensor1d([1], "int32"));
      await pick(tf.tensor1d([1, 2]), tf.tensor1d([5], "int32"));
    },
    expected: /5 is not in \[0, 2\)/,
  },
]);
