/** ResNet-50 and its training step as a user of tfjs writes them, without anything of ours. */
import { tf } from "../src/tensorflow";

const BLOCKS = [
  [64, 3, 2],
  [128, 4, 2],
  [256, 6, 2],
  [512, 3, 1],
] as const;

/** Variables in the order of their use, made at their first. */
class Store<R extends tf.Rank> {
  private readonly variables: tf.Variable<R>[] = [];
  private place = 0;

  isEmpty(): boolean {
    return this.variables.length === 0;
  }

  rewind(): void {
    this.place = 0;
  }

  next(create: () => tf.Tensor<R>): tf.Variable<R> {
    return (this.variables[this.place++] ??= tf.variable(create()));
  }
}

/** A training step of plain tfjs; gives the loss. */
export function plainStep(classes: number): (images: tf.Tensor4D, labels: tf.Tensor1D) => tf.Scalar {
  const kernels = new Store<tf.Rank.R4>();
  const vectors = new Store<tf.Rank.R1>();
  const matrices = new Store<tf.Rank.R2>();
  const convolution = (
    x: tf.Tensor4D,
    channels: number,
    kernel: number,
    stride: number,
    activate = true,
  ): tf.Tensor4D => {
    const depth = x.shape[3];
    const spread = Math.sqrt(2 / (kernel * kernel * depth));
    const weights = kernels.next(() =>
      tf.randomNormal<tf.Rank.R4>([kernel, kernel, depth, channels], 0, spread),
    );
    const before = Math.floor((kernel - 1) / 2);
    const padding: [number, number] = [before, kernel - 1 - before];
    const padded = stride > 1 && kernel > 1 ? tf.pad(x, [[0, 0], padding, padding, [0, 0]]) : x;
    const y = tf.conv2d(padded, weights, stride, padded === x ? "same" : "valid");
    const { mean, variance } = tf.moments(y, [0, 1, 2]);
    const gamma = vectors.next(() => tf.ones<tf.Rank.R1>([channels]));
    const beta = vectors.next(() => tf.zeros<tf.Rank.R1>([channels]));
    const normalized = tf.batchNorm4d(y, mean.as1D(), variance.as1D(), beta, gamma, 1e-5);
    return activate ? tf.relu(normalized) : normalized;
  };
  const logits = (images: tf.Tensor4D): tf.Tensor2D => {
    for (const store of [kernels, vectors, matrices]) store.rewind();
    let x = tf.maxPool(convolution(images, 64, 7, 2), 3, 2, "same");
    for (const [depth, units, blockStride] of BLOCKS) {
      for (let unit = 0; unit < units; unit++) {
        const stride = unit === units - 1 ? blockStride : 1;
        const same = stride === 1 ? x : tf.maxPool(x, 1, stride, "valid");
        const shortcut = x.shape[3] === depth * 4 ? same : convolution(x, depth * 4, 1, stride, false);
        const residual = convolution(convolution(x, depth, 1, 1), depth, 3, stride);
        x = tf.relu(tf.add<tf.Tensor4D>(shortcut, convolution(residual, depth * 4, 1, 1, false)));
      }
    }
    const pooled = tf.mean<tf.Tensor2D>(x, [1, 2]);
    const weights = matrices.next(() => tf.randomNormal<tf.Rank.R2>([2048, classes], 0, 0.01));
    return tf.add(tf.matMul(pooled, weights), vectors.next(() => tf.zeros<tf.Rank.R1>([classes]))); // prettier-ignore
  };
  const optimizer = tf.train.momentum(0.01, 0.9);
  return (images, labels) => {
    if (kernels.isEmpty()) tf.tidy(() => logits(images)); // creates them
    const cost = optimizer.minimize(
      () => tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes).toFloat(), logits(images)).asScalar(),
      true,
    );
    if (cost === null) throw new TypeError("Cannot take a plain step: expected its loss, got null");
    return cost;
  };
}
