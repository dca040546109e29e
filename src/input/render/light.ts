/** What a ray of sight sees. */
import type { Clutter, Scene } from "./scene";
import type { DistanceField } from "./shape";
import { add, along, clamp, dot, mix, normalize, scale, smoothstep, times, type Vector } from "./vector";

/** A colour, in linear light, and how far away it is. */
export interface Sight {
  readonly color: Vector;
  readonly distance: number;
}

/** Where a ray enters and leaves a ball; undefined where it misses. */
function throughBall(
  from: Vector,
  direction: Vector,
  center: Vector,
  radius: number,
): [number, number] | undefined {
  const to = add(from, scale(center, -1));
  const b = dot(to, direction);
  const square = b * b - dot(to, to) + radius * radius;
  if (square < 0) return undefined;
  const root = Math.sqrt(square);
  return -b + root < 0 ? undefined : [Math.max(-b - root, 0), -b + root];
}

/** Steps along a ray by the distance to the surface until it is there. */
function march(
  field: DistanceField,
  from: Vector,
  direction: Vector,
  [near, far]: [number, number],
): number | undefined {
  const [x, y, z] = direction;
  let t = near;
  for (let step = 0; step < 64 && t < far; step++) {
    const distance = field(from[0] + x * t, from[1] + y * t, from[2] + z * t);
    if (distance < 0.0015) return t;
    t += distance;
  }
  return undefined;
}

/** How much of the sun a point sees past the thing: the sun is a disc, so that shadows have soft edges. */
function sunlight({ thing, sun, clutter }: Scene, from: Vector): number {
  let light = 1;
  const range = throughBall(from, sun.direction, thing.center, thing.radius);
  if (range !== undefined) {
    const [x, y, z] = sun.direction;
    let t = Math.max(range[0], 0.02);
    for (let step = 0; step < 40 && t < range[1]; step++) {
      const distance = thing.distance(from[0] + x * t, from[1] + y * t, from[2] + z * t);
      light = Math.min(light, (12 * distance) / t);
      if (light < 0.01) return 0;
      t += clamp(distance, 0.015, 0.2);
    }
  }
  for (const { center, radius } of clutter) {
    const hit = throughBall(from, sun.direction, center, radius);
    if (hit !== undefined) light *= 1 - smoothstep(0, radius, hit[1] - hit[0]);
  }
  return clamp(light);
}

/** The thing, where a ray meets it. */
export function seeThing(scene: Scene, from: Vector, direction: Vector): Sight | undefined {
  const { thing, sun, sky } = scene;
  const range = throughBall(from, direction, thing.center, thing.radius);
  const distance = range === undefined ? undefined : march(thing.distance, from, direction, range);
  if (distance === undefined) return undefined;
  const point = along(from, direction, distance);
  const normal = normalOf(thing.distance, point);
  const above = along(point, normal, 0.01);
  const lit = Math.max(dot(normal, sun.direction), 0);
  const sunny = lit === 0 ? 0 : sunlight(scene, above);
  const open = occlusion(thing.distance, point, normal);
  const floor = scale(scene.ground(point[0], 0, point[2]), 0.7);
  const around = scale(mix(times(floor, sky), sky, 0.5 + 0.5 * normal[1]), open);
  const diffuse = times(thing.paint(...point), add(scale(sun.color, lit * sunny), around));
  const mirrored = along(direction, normal, -2 * dot(direction, normal));
  const glint = Math.max(dot(mirrored, sun.direction), 0) ** thing.shininess * sunny;
  const grazing = 0.06 + 0.6 * (1 - Math.max(-dot(direction, normal), 0)) ** 4;
  const reflection = mix(times(floor, sky), sky, smoothstep(-0.3, 0.5, mirrored[1]));
  const gloss = add(scale(sun.color, glint * 0.8), scale(reflection, grazing * open));
  return { color: add(diffuse, scale(gloss, thing.gloss)), distance };
}

/** By the slope of the distances about the point. */
function normalOf(field: DistanceField, [x, y, z]: Vector): Vector {
  const e = 0.002;
  const a = field(x + e, y - e, z - e);
  const b = field(x - e, y - e, z + e);
  const c = field(x - e, y + e, z - e);
  const d = field(x + e, y + e, z + e);
  return normalize([a - b - c + d, -a - b + c + d, -a + b - c + d]);
}

/** How open a place is: 1 in the open, less in corners and near the ground. */
function occlusion(field: DistanceField, point: Vector, normal: Vector): number {
  let shut = 0;
  for (const far of [0.06, 0.16, 0.32]) {
    const [x, y, z] = along(point, normal, far);
    shut += Math.max(far - Math.min(field(x, y, z), y), 0) * 1.5;
  }
  return clamp(1 - shut, 0.15);
}

/** What is behind or around the thing. */
export function seeRest(scene: Scene, from: Vector, direction: Vector): Sight {
  const { sun, sky, wall } = scene;
  const toWall = direction[2] > 0 ? (wall - from[2]) / direction[2] : Infinity;
  const toGround = direction[1] < 0 ? -from[1] / direction[1] : Infinity;
  const seen = nearestClutter(scene.clutter, from, direction, Math.min(toWall, toGround));
  if (seen !== undefined) return shadeClutter(scene, from, direction, seen);
  if (toGround < toWall) {
    const point = along(from, direction, toGround);
    const open = smoothstep(-0.1, 0.35, scene.thing.distance(...point));
    const light = add(
      scale(sun.color, sun.direction[1] * sunlight(scene, point)),
      scale(sky, 0.3 + 0.7 * open),
    );
    return { color: times(scene.ground(...point), light), distance: toGround };
  }
  const distance = Math.min(toWall, 60);
  const point = along(from, direction, distance);
  const light = add(scale(sun.color, 0.25 + 0.5 * Math.max(-sun.direction[2], 0)), sky);
  return { color: times(scene.backdrop(...point), light), distance };
}

interface SeenClutter {
  readonly item: Clutter;
  readonly distance: number;
}

function nearestClutter(
  clutter: readonly Clutter[],
  from: Vector,
  direction: Vector,
  far: number,
): SeenClutter | undefined {
  let nearest: SeenClutter | undefined;
  for (const item of clutter) {
    const range =
      item.kind === "ball"
        ? throughBall(from, direction, item.center, item.radius)
        : throughBox(from, direction, item.center, item.radius * 0.8);
    const distance = range?.[0] ?? Infinity;
    if (distance < Math.min(far, nearest?.distance ?? Infinity)) nearest = { item, distance };
  }
  return nearest;
}

function throughBox(
  from: Vector,
  direction: Vector,
  center: Vector,
  half: number,
): [number, number] | undefined {
  let [near, far] = [0, Infinity];
  for (const axis of [0, 1, 2] as const) {
    const a = (center[axis] - half - from[axis]) / direction[axis];
    const b = (center[axis] + half - from[axis]) / direction[axis];
    near = Math.max(near, Math.min(a, b));
    far = Math.min(far, Math.max(a, b));
  }
  return near < far ? [near, far] : undefined;
}

function shadeClutter(scene: Scene, from: Vector, direction: Vector, { item, distance }: SeenClutter): Sight {
  const point = along(from, direction, distance);
  const out = add(point, scale(item.center, -1));
  const normal = item.kind === "ball" ? normalize(out) : largestAxis(out);
  const lit = Math.max(dot(normal, scene.sun.direction), 0);
  const light = add(scale(scene.sun.color, lit), scale(scene.sky, 0.6 + 0.4 * normal[1]));
  return { color: times(item.paint(...out), light), distance };
}

function largestAxis([x, y, z]: Vector): Vector {
  const [a, b, c] = [Math.abs(x), Math.abs(y), Math.abs(z)];
  if (a >= b && a >= c) return [Math.sign(x), 0, 0];
  return b >= c ? [0, Math.sign(y), 0] : [0, 0, Math.sign(z)];
}
