/** Smooth random fields: what wood, stone, carpet and leaves have in common. */

/** A random number for each whole point of space: 0…1. */
function hash(x: number, y: number, z: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(z, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

const ease = (t: number): number => t * t * (3 - 2 * t);

/** Value noise: 0…1, changing over a distance of 1. */
export function noise(x: number, y: number, z: number): number {
  const i = Math.floor(x);
  const j = Math.floor(y);
  const k = Math.floor(z);
  const u = ease(x - i);
  const v = ease(y - j);
  const near = square(i, j, k, u, v);
  return near + (square(i, j, k + 1, u, v) - near) * ease(z - k);
}

/** Noise between four whole points of a plane. */
function square(i: number, j: number, k: number, u: number, v: number): number {
  const a = hash(i, j, k);
  const c = hash(i, j + 1, k);
  const low = a + (hash(i + 1, j, k) - a) * u;
  const high = c + (hash(i + 1, j + 1, k) - c) * u;
  return low + (high - low) * v;
}

/** Noise over noise of half the size, `octaves` times: 0…1, mostly about 0.5. */
export function fractal(x: number, y: number, z: number, octaves: number): number {
  let sum = 0;
  let weight = 1;
  let total = 0;
  let size = 1;
  for (let octave = 0; octave < octaves; octave++) {
    sum += weight * noise(x * size, y * size, z * size + octave * 17);
    total += weight;
    weight *= 0.5;
    size *= 2.03;
  }
  return sum / total;
}

/** A random number for a whole point of the plane: 0…1, e.g. for a tile. */
export function pick(x: number, y: number): number {
  return hash(Math.floor(x), Math.floor(y), 7);
}
