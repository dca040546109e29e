/** The greatest eigenvector of a matrix that is too large to take them all. */
import { random, symmetricEigen, tf } from "../tensorflow";
import { greatest } from "./component";

/** Vectors of a cycle. */
const STEPS = 40;
const CYCLES = 6;
/** How far the vector may be off, as an angle. */
const TOLERANCE = 1e-4;

/**
 * As greatest(), by Lanczos' method: the best vector of the space of x, Gx, G²x …, from which the next cycle starts, until it has
 * settled; where two eigenvalues are all but equal, so that it does not, all eigenvectors are taken. Reads values, so it can't be traced.
 * @param gram  float32 [1, n, n], symmetric
 * @returns     float32 [1, n, 1]; the caller disposes
 * @see Golub, Van Loan, "Matrix Computations", §10.1
 */
export function greatestByLanczos(gram: tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() => {
    let start = random.uniform<tf.Tensor3D>([1, gram.shape[1], 1], random.seed(0), -1, 1);
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const [next, found] = tf.tidy(() => {
        const ritz = bestOf(gram, basisFrom(gram, start));
        return [ritz.vector, ritz.off <= TOLERANCE ? ritz.scaled : undefined];
      });
      if (found !== undefined) return found;
      start = next;
    }
    return greatest(gram);
  });
}

/** float32 [1, n, STEPS]: of length 1, and upright on each other. */
function basisFrom(gram: tf.Tensor3D, start: tf.Tensor3D): tf.Tensor3D {
  const basis = [unit(start)];
  for (let last = basis[0]; last !== undefined && basis.length < STEPS; last = basis.at(-1)) {
    const known = tf.concat3d(basis, 2);
    let next = tf.matMul(gram, last);
    // Twice: once leaves as much as was lost to rounding.
    for (let again = 0; again < 2; again++)
      next = next.sub(tf.matMul(known, tf.matMul(known, next, true, false)));
    basis.push(unit(next));
  }
  return tf.concat3d(basis, 2);
}

interface Ritz {
  /** float32 [1, n, 1], of length 1 */
  readonly vector: tf.Tensor3D;
  /** The same, as long as the points reach. */
  readonly scaled: tf.Tensor3D;
  /** About the angle between it and the eigenvector. */
  readonly off: number;
}

function bestOf(gram: tf.Tensor3D, basis: tf.Tensor3D): Ritz {
  const image = tf.matMul(gram, basis);
  const { values, vectors } = symmetricEigen(tf.matMul(basis, image, true, false));
  const top = tf.slice(vectors, [0, 0, STEPS - 1], [1, STEPS, 1]).as3D(1, STEPS, 1);
  const [second = NaN, first = NaN] = values.dataSync().slice(-2);
  const vector = tf.matMul(basis, top).as3D(1, basis.shape[1], 1);
  const rest = tf.norm(tf.matMul(image, top).sub(vector.mul(first))).dataSync()[0] ?? NaN;
  const scaled = vector.mul<tf.Tensor3D>(Math.sqrt(Math.max(0, first)));
  return { vector, scaled, off: rest === 0 ? 0 : rest / (first - second) };
}

/** float32 [1, n, 1]: of length 1, or 0 where there is nothing. */
function unit(vector: tf.Tensor): tf.Tensor3D {
  return tf.divNoNan(vector, tf.norm(vector)).as3D(1, vector.size, 1);
}
