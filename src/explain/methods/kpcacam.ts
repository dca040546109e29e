import { tf } from "../../tensorflow";
import { greatest, withSignOf } from "../component";
import { greatestByLanczos } from "../lanczos";
import type { Method, Subject } from "../method";

/** Above it the matrix of all pairs of cells takes too much memory. */
const MOST_CELLS = 4096;
/** Up to here all eigenvectors of that matrix are had in a fraction of a second. */
const FEW_CELLS = 1024;

/** Options of kpcaCam(). */
export interface KpcaCamOptions {
  /** How alike two places x and y are: tanh(γ x·y + 1), or exp(−γ |x − y|²). @default "sigmoid" */
  readonly kernel?: "sigmoid" | "rbf";
  /** γ, above 0. @default one by the number of channels */
  readonly gamma?: number;
}

/**
 * KPCA-CAM: as Eigen-CAM, with the first component of kernel PCA, which need not be linear in the channels. Kernels and γ are
 * scikit-learn's and pytorch-grad-cam's. The sign, arbitrary, is that in which the map correlates positively with the sum of the channels;
 * there the value of greatest size is above 0.
 * @throws {RangeError} if γ is not above 0, or an endpoint has more than 4,096 cells
 * @see Karmani et al. 2024, "KPCA-CAM: Visual Explainability of Deep Computer Vision Models using Kernel PCA" (arXiv 2410.00267)
 */
export function kpcaCam({ kernel = "sigmoid", gamma }: KpcaCamOptions = {}): Method {
  if (gamma !== undefined && !(gamma > 0 && gamma < Infinity))
    throw new RangeError(`Cannot explain by kpcaCam: expected a gamma above 0, got ${gamma}`);
  return {
    name: "kpcaCam",
    of: "endpoint",
    values({ activation, place, work }) {
      const [batch, height, width, channels] = activation.shape;
      if (height * width > MOST_CELLS)
        throw new RangeError(
          `Cannot explain by kpcaCam at ${place.endpoint}: expected at most ${MOST_CELLS} cells, got ${height} x ${width}`,
        );
      return tf.tidy(() => {
        const maps = Array.from({ length: batch }, (_, image) => {
          work.signal?.throwIfAborted();
          const one = tf
            .slice(activation, [image, 0, 0, 0], [1, -1, -1, -1])
            .as4D(1, height, width, channels);
          const map = componentOf(one, kernel, gamma ?? 1 / channels);
          work.onProgress?.({ done: image + 1, total: batch });
          return map;
        });
        return tf.concat(maps, 0);
      });
    },
  };
}

function componentOf(
  activation: Subject["activation"],
  kernel: "sigmoid" | "rbf",
  gamma: number,
): tf.Tensor3D {
  const [batch, height, width, channels] = activation.shape;
  return tf.tidy(() => {
    const rows = activation.reshape<tf.Tensor3D>([batch, height * width, channels]);
    const x = rows.sub<tf.Tensor3D>(rows.mean(1, true));
    const products = tf.matMul(x, x, false, true);
    const alike = kernel === "sigmoid" ? tf.tanh(products.mul(gamma).add(1)) : tf.exp(distances(x, products).mul(-gamma)); // prettier-ignore
    const means = alike.mean(1, true);
    const centered = alike.sub(means).sub(alike.mean(2, true)).add(means.mean(2, true));
    const gram = centered.as3D(batch, height * width, height * width);
    const map = height * width > FEW_CELLS ? greatestByLanczos(gram) : greatest(gram);
    return withSignOf(map, x.sum(2, true)).as3D(batch, height, width);
  });
}

/** The squares of the distances of all rows to all rows. */
function distances(x: tf.Tensor3D, products: tf.Tensor): tf.Tensor {
  const squares = x.square().sum(2, true);
  return tf.relu(squares.add(squares.transpose([0, 2, 1])).sub(products.mul(2)));
}
