import assert from "node:assert/strict";
import { test } from "node:test";
import { descend, fusedBatchNorm, l2Loss, tf, trace } from "../../src/tensorflow";
import { cpuOnly } from "../gpu";
import { pattern } from "../patterns";

type Compute = (...args: tf.Tensor[]) => tf.Tensor[];
const values = ({ shape }: tf.Tensor, key: string): tf.Tensor => tf.tensor(pattern(key, shape), shape);

/** Asserts that traced and eager values are equal to a tolerance, and gives how many operations were traced. */
function operationsOf(compute: Compute, args: readonly tf.Tensor[], tolerance: number): number {
  return tf.tidy(() => {
    const traced = trace(compute, { name: "fused" });
    const expected = compute(...args);
    const actual = traced.sync(...args);
    expected.forEach((tensor, i) => {
      const difference = tensor.sub(actual[i] ?? tf.scalar(NaN)).abs().max().dataSync()[0] ?? NaN; // prettier-ignore
      assert.ok(difference <= tolerance, `output ${i} is off by ${difference}`);
    });
    const operations = traced.signatures()[0]?.operations ?? NaN;
    traced.dispose();
    return operations;
  });
}

const SHAPES = [[4, 29, 31, 48], [3, 7, 5, 19], [2, 7, 7, 2048]] as const; // prettier-ignore
const FORMS: Readonly<Record<string, (x: tf.Tensor4D, gamma: tf.Tensor, beta: tf.Tensor) => tf.Tensor>> = {
  "batch norm": (x, gamma, beta) => fusedBatchNorm(x, gamma, beta).y,
  "batch norm, ReLU": (x, gamma, beta) => fusedBatchNorm(x, gamma, beta, { activation: "relu" }).y,
  "batch norm, addition, ReLU": (x, gamma, beta) =>
    fusedBatchNorm(x, gamma, beta).joinedTo(x.square(), "relu"),
};

for (const [form, layer] of Object.entries(FORMS)) {
  test(`the gradients of ${form} that two layers take are added in its own gradient`, () => {
    for (const shape of SHAPES) {
      tf.tidy(() => {
        const channels = [shape[3]];
        const args = [tf.zeros([...shape]), tf.zeros(channels), tf.zeros(channels)].map((one, i) =>
          values(one, `${form} ${i}`),
        );
        const weights = values(tf.zeros([...shape]), "weights");
        const gradients =
          (loss: (y: tf.Tensor) => tf.Tensor): Compute =>
          (...xs) =>
            tf.grads((x, gamma, beta) => loss(layer(x as tf.Tensor4D, gamma, beta)))(xs);
        const added = (y: tf.Tensor): tf.Tensor => tf.add(y.mul(weights), y.square()).sum();
        const scaled = (y: tf.Tensor): tf.Tensor => tf.add(y.mul(weights), y.square()).mul(2).sum();
        operationsOf(gradients(added), args, 0);
        operationsOf(gradients(scaled), args, 0);
      });
    }
  });
}

test("what is added to a gradient joins it if it has its shape, and is left to TensorFlow if it is broadcast", { skip: cpuOnly }, () => {
  tf.tidy(() => {
    const x = values(tf.zeros([2, 5, 5, 8]), "x");
    const plus = (more: tf.Tensor): Compute => {
      const identity = tf.customGrad((y) => ({
        value: (y as tf.Tensor).clone(),
        gradFunc: (dy: tf.Tensor) => dy.add(more),
      }));
      const loss = (y: tf.Tensor): tf.Tensor => identity(fusedBatchNorm(y as tf.Tensor4D, tf.ones([8]), tf.zeros([8])).y);
      return (z) => [tf.grad((y) => loss(y).square())(z)];
    };
    const joined = operationsOf(plus(values(x, "more")), [x], 1e-6);
    const broadcast = operationsOf(plus(values(tf.zeros([8]), "more")), [x], 1e-6);
    assert.equal(joined, broadcast - 1);
  });
}); // prettier-ignore

test("weight decay is added in the step of momentum, unless something else needs the sum", { skip: cpuOnly }, () => {
  tf.tidy(() => {
    const [variable, slot, gradient] = ["variable", "slot", "gradient"].map((key) => values(tf.zeros([37, 11]), key));
    assert.ok(variable !== undefined && slot !== undefined && gradient !== undefined);
    const step = (ahead: boolean, isSeen: boolean): Compute => (rate, decay) => {
      const total = variable.mul(decay).add(gradient);
      const from = { variable, slot, gradient: total, learningRate: rate };
      return [...descend(from, { momentum: 0.9, ahead }), ...(isSeen ? [total] : [])];
    };
    for (const ahead of [false, true]) {
      const args = [tf.scalar(0.1), tf.scalar(0.01)];
      const fused = operationsOf(step(ahead, false), args, 1e-6);
      assert.equal(fused, 1);
      assert.equal(operationsOf(step(ahead, true), args, 1e-6), 3);
    }
    const rows = values(tf.zeros([37, 1]), "a decay for each row");
    assert.equal(operationsOf(step(false, false), [tf.scalar(0.1), rows], 1e-6), 3);
  });
}); // prettier-ignore

test("weight decay is added in the L2 loss of the step's gradient, computed once for all who want it", { skip: cpuOnly }, () => {
  for (const shape of [[37, 11], [3, 3, 91, 64], [5]]) { // a part of a turn, several turns and a part, less than a vector
    tf.tidy(() => {
      const [variable, slot, gradient] = ["variable", "slot", "gradient"].map((key) => values(tf.zeros(shape), key));
      assert.ok(variable !== undefined && slot !== undefined && gradient !== undefined);
      const step = (decays: boolean): Compute => (rate, given) => {
        const own = given?.mul(2) ?? gradient; // something computed: an argument has no operation to fuse with
        const total = decays ? variable.mul(0.01).add(own) : own;
        const [loss, again] = [l2Loss(total), l2Loss(total)];
        const from = { variable, slot, gradient: total, learningRate: rate };
        return [...descend(from, { momentum: 0.9 }), loss.mul(2).sqrt(), again];
      };
      const args = [tf.scalar(0.1), gradient];
      const [expected] = step(true)(...args).slice(-1);
      const tolerance = 1e-6 * Math.max(1, expected?.dataSync()[0] ?? NaN);
      assert.ok(tolerance < 1);
      // The product with 2, the constant 2, momentum, and five of the norm; with the constant of the decay one more, and one loss less.
      assert.equal(operationsOf(step(false), args, tolerance), 8);
      assert.equal(operationsOf(step(true), args, tolerance), 8);
    });
  }
}); // prettier-ignore

test("the norm of a gradient is right in a function that is given what its captures add to the loss", { skip: cpuOnly }, () => {
  tf.tidy(() => {
    const [variable, slot, frozen] = ["variable", "slot", "frozen"].map((key) => tf.variable(values(tf.zeros([80, 80]), key)));
    assert.ok(variable !== undefined && slot !== undefined && frozen !== undefined);
    const step: Compute = (rate, given) => {
      const gradient = variable.mul(0.01).add(given?.mul(2) ?? 0);
      const norm = l2Loss(gradient).mul(2).sqrt(); // before the step that gives it
      const next = descend({ variable, slot, gradient, learningRate: rate ?? 0 }, { momentum: 0.9 });
      return [norm, l2Loss(frozen).add(rate ?? 0), ...next];
    };
    const assigning = (...args: tf.Tensor[]): tf.Tensor[] => {
      const [norm = tf.scalar(NaN), loss = tf.scalar(NaN), next, momentum] = step(...args);
      if (next !== undefined) variable.assign(next);
      if (momentum !== undefined) slot.assign(momentum);
      return [norm, loss];
    };
    const args = [tf.scalar(0.1), values(tf.zeros([80, 80]), "given")];
    const expected = step(...args).slice(0, 2).map((one) => one.dataSync()[0] ?? NaN);
    const traced = trace(assigning, { name: "norms" });
    const told = traced.sync(...args).map((one) => one.dataSync()[0] ?? NaN);
    told.forEach((value, i) => assert.ok(Math.abs(value / (expected[i] ?? NaN) - 1) < 1e-5, `${value} for ${expected[i]}`));
    traced.dispose();
  });
}); // prettier-ignore

test("what a learning rate is computed from stays before the step of momentum", () => {
  tf.tidy(() => {
    const [variable, slot, gradient] = ["variable", "slot", "gradient"].map((key) => values(tf.zeros([37, 11]), key));
    assert.ok(variable !== undefined && slot !== undefined);
    const step: Compute = (x) => {
      const own = x.square();
      const learningRate = tf.scalar(1).div(l2Loss(own).add(1));
      return descend({ variable, slot, gradient: own, learningRate }, { momentum: 0.9 });
    };
    assert.ok(gradient !== undefined);
    assert.ok(operationsOf(step, [gradient], 1e-6) > 4);
  });
}); // prettier-ignore

test("a gradient that is not finite has no finite L2 loss", () => {
  tf.tidy(() => {
    const variable = tf.zeros([70]);
    const traced = trace(
      (gradient: tf.Tensor, learningRate: tf.Tensor) => {
        const own = gradient.add(variable);
        const [next] = descend({ variable, slot: variable, gradient: own, learningRate }, { momentum: 0.9 });
        return [next, l2Loss(own)];
      },
      { name: "broken" },
    );
    for (const place of [0, 31, 69])
      for (const wrong of [NaN, Infinity]) {
        const gradient = tf.tensor1d(Array.from({ length: 70 }, (_, i) => (i === place ? wrong : 1)));
        const [, loss] = traced.sync(gradient, tf.scalar(1));
        assert.ok(!Number.isFinite(loss?.dataSync()[0]), `${wrong} at ${place}`);
      }
    traced.dispose();
  });
});
