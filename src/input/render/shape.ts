/** The things on the photos: each is told by the distance of any point from its surface. */

/** Distance of a point from a surface, negative inside, never more than the true one. */
export type DistanceField = (x: number, y: number, z: number) => number;

const { abs, max, min, sqrt } = Math;
const length = (x: number, y: number): number => sqrt(x * x + y * y);

/** A rectangle with rounded corners about the origin; turned about the y axis it is a rounded cylinder. */
function rectangle(x: number, y: number, halfWidth: number, halfHeight: number, round: number): number {
  const dx = abs(x) - halfWidth + round;
  const dy = abs(y) - halfHeight + round;
  return length(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - round;
}

function box(x: number, y: number, z: number, half: number, round: number): number {
  const [dx, dy, dz] = [abs(x) - half + round, abs(y) - half + round, abs(z) - half + round];
  const [ox, oy, oz] = [max(dx, 0), max(dy, 0), max(dz, 0)];
  return sqrt(ox * ox + oy * oy + oz * oz) + min(max(dx, dy, dz), 0) - round;
}

/** A union whose seam is as wide as `k`. */
function blend(a: number, b: number, k: number): number {
  const h = max(k - abs(a - b), 0) / k;
  return min(a, b) - h * h * k * 0.25;
}

function stool(x: number, y: number, z: number): number {
  let distance = rectangle(length(x, z), y - 0.86, 0.4, 0.07, 0.04);
  for (let leg = 0; leg < 3; leg++) {
    const angle = (leg * 2 * Math.PI) / 3;
    const spread = 0.38 - 0.14 * y;
    const [dx, dz] = [x - spread * Math.cos(angle), z - spread * Math.sin(angle)];
    distance = min(distance, max(length(dx, dz) - 0.055, y - 0.86, -y) * 0.97);
  }
  return distance;
}

/** A cylinder that is hollow from above, with a handle at its side. */
function mug(x: number, y: number, z: number): number {
  const radius = length(x, z);
  const wall = rectangle(radius, y - 0.4, 0.36, 0.4, 0.03);
  const handle = length(length(x - 0.38, (y - 0.4) * 0.9) - 0.22, z) - 0.055;
  const hollow = rectangle(radius, y - 0.56, 0.31, 0.48, 0.05);
  return max(blend(wall, handle * 0.9, 0.04), -hollow);
}

function bottle(x: number, y: number, z: number): number {
  const radius = length(x, z);
  const body = rectangle(radius, y - 0.31, 0.22, 0.31, 0.07);
  const neck = rectangle(radius, y - 0.72, 0.075, 0.32, 0.02);
  const rim = rectangle(radius, y - 1.0, 0.105, 0.055, 0.02);
  return min(blend(body, neck, 0.22), rim);
}

function mushroom(x: number, y: number, z: number): number {
  const radius = length(x, z);
  const cap = max((sqrt(radius * radius + (y - 0.5) * (y - 0.5) * 1.2) - 0.47) * 0.9, 0.5 - y) - 0.02;
  return blend(cap, rectangle(radius, y - 0.26, 0.13 + 0.05 * abs(y - 0.3), 0.26, 0.04), 0.08) * 0.95;
}

/** About 1 high, standing on y = 0, within 0.8 of (0, 0.5, 0). */
const SHAPES = {
  ball: (x, y, z) => sqrt(x * x + (y - 0.48) * (y - 0.48) + z * z) - 0.48,
  cube: (x, y, z) => box(x, y - 0.4, z, 0.4, 0.05),
  cone: (x, y, z) => max(length(x, z) * 0.894 + (y - 0.96) * 0.447, 0.02 - y) - 0.02,
  ring: (x, y, z) => length(length(x, y - 0.47) - 0.34, z) - 0.13,
  can: (x, y, z) => rectangle(length(x, z), y - 0.48, 0.32, 0.48, 0.04),
  mushroom,
  dumbbell: (x, y, z) =>
    min(
      sqrt((abs(x) - 0.42) * (abs(x) - 0.42) + (y - 0.27) * (y - 0.27) + z * z) - 0.27,
      max(length(y - 0.27, z) - 0.085, abs(x) - 0.42),
    ),
  stool,
  mug,
  bottle,
} satisfies Record<string, DistanceField>;

/** A class of rendered photos. */
export type ShapeName = keyof typeof SHAPES;

/** The surface of a class of things. */
export function shapeNamed(name: ShapeName): DistanceField {
  return SHAPES[name];
}

/** Whether there is a class of that name. */
export function isShapeName(name: string): name is ShapeName {
  return Object.hasOwn(SHAPES, name);
}

/** All classes. */
export const SHAPE_NAMES: readonly ShapeName[] = Object.keys(SHAPES).filter(isShapeName);
