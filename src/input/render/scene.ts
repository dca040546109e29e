/** One photo's world, drawn by chance: a thing, what is around it, the light and the camera. */
import type { Random } from "../chance";
import { type DistanceField, type ShapeName, shapeNamed } from "./shape";
import { between, color, drawBackdrop, drawGround, drawPaint, oneOf, type Pattern } from "./surface";
import { add, cross, normalize, scale, type Vector } from "./vector";

/** Where rays start, and the directions of the picture's middle and sides. */
export interface Camera {
  readonly origin: Vector;
  readonly right: Vector;
  readonly up: Vector;
  /** As long as the lens is: 1 sees 45° to each side. */
  readonly forward: Vector;
}

/** A ball or a box that happens to be there. */
export interface Clutter {
  readonly kind: "ball" | "box";
  readonly center: Vector;
  readonly radius: number;
  readonly paint: Pattern;
}

/** What the camera does to the light. */
export interface Lens {
  /** Mean brightness that the exposure aims at, 0…1. */
  readonly brightness: number;
  readonly balance: Vector;
  /** Of the sensor, in parts of full brightness. */
  readonly noise: number;
  readonly vignette: number;
  /** Pixels by which what is far from the thing is blurred, in a picture 128 wide. */
  readonly blur: number;
}

/** All that a picture is computed from. Lengths are in heights of the thing, which stands on y = 0 about the origin. */
export interface Scene {
  readonly thing: {
    readonly distance: DistanceField;
    readonly center: Vector;
    readonly radius: number;
    readonly paint: Pattern;
    readonly gloss: number;
    readonly shininess: number;
  };
  readonly ground: Pattern;
  readonly backdrop: Pattern;
  /** How far behind the origin the backdrop is. */
  readonly wall: number;
  readonly clutter: readonly Clutter[];
  readonly sun: { readonly direction: Vector; readonly color: Vector };
  readonly sky: Vector;
  readonly camera: Camera;
  readonly lens: Lens;
}

/** Draws a scene with one thing. */
export function drawScene(shape: ShapeName, random: Random): Scene {
  const wall = between(random, 1.3, 5);
  const warmth = between(random, 0.02, 0.35);
  const sunHeight = between(random, 0.5, 1.3);
  const sunTurn = between(random, 0, 2 * Math.PI);
  const [sunny, cloudy] = [between(random, 0.8, 2.6), between(random, 0.15, 0.65)];
  return {
    thing: drawThing(shape, random),
    ground: drawGround(random),
    backdrop: drawBackdrop(random),
    wall,
    clutter: drawClutter(random, wall),
    sun: {
      direction: [
        Math.cos(sunHeight) * Math.sin(sunTurn),
        Math.sin(sunHeight),
        Math.cos(sunHeight) * Math.cos(sunTurn),
      ],
      color: scale(color(0.1, warmth, 1), sunny),
    },
    sky: scale(color(between(random, 0.52, 0.64), between(random, 0, 0.3), 1), cloudy),
    camera: drawCamera(random),
    lens: {
      brightness: between(random, 0.13, 0.25),
      balance: [between(random, 0.9, 1.12), 1, between(random, 0.88, 1.12)],
      noise: between(random, 0.006, 0.03),
      vignette: between(random, 0, 0.35),
      blur: between(random, 2, 6),
    },
  };
}

function drawThing(shape: ShapeName, random: Random): Scene["thing"] {
  const field = shapeNamed(shape);
  const size = between(random, 0.9, 1.05);
  const [wide, high, deep] = [0, 0, 0].map(() => size * between(random, 0.87, 1.15));
  const [sx = 1, sy = 1, sz = 1] = [wide, high, deep];
  const turn = between(random, 0, 2 * Math.PI);
  const [cos, sin, least] = [Math.cos(turn), Math.sin(turn), Math.min(sx, sy, sz)];
  return {
    distance: (x, y, z) => field((x * cos - z * sin) / sx, y / sy, (x * sin + z * cos) / sz) * least,
    center: [0, 0.5 * sy, 0],
    radius: 0.84 * Math.max(sx, sy, sz),
    paint: drawPaint(random),
    gloss: oneOf(random, 0, 0.15, 0.5, 1) * between(random, 0.5, 1),
    shininess: 2 ** between(random, 3, 7.5),
  };
}

function drawClutter(random: Random, wall: number): Clutter[] {
  const count = Math.floor(between(random, 0, 3));
  return Array.from({ length: count }, () => {
    const radius = between(random, 0.12, 0.45);
    const side = oneOf(random, -1, 1);
    const x = side * between(random, 0.4, 2.4);
    const z = Math.min(between(random, -0.6, wall), wall - radius);
    // Nothing stands in the way of the thing.
    const apart = Math.hypot(x, z) < 1 + radius ? (1 + radius) / Math.hypot(x, z) : 1;
    const center: Vector = [x * apart, radius * between(random, 0.6, 1), Math.max(z * apart, -0.8)];
    return { kind: oneOf(random, "ball", "box", "box"), center, radius, paint: drawPaint(random) };
  });
}

function drawCamera(random: Random): Camera {
  const [height, turn] = [between(random, 0.12, 0.6), between(random, -0.5, 0.5)];
  const distance = between(random, 2.7, 3.5);
  const target: Vector = [
    between(random, -0.2, 0.2),
    between(random, 0.32, 0.58),
    between(random, -0.2, 0.2),
  ];
  const back: Vector = [
    Math.cos(height) * Math.sin(turn),
    Math.sin(height),
    -Math.cos(height) * Math.cos(turn),
  ];
  const forward = scale(back, -1);
  const roll = between(random, -0.08, 0.08);
  const level = normalize(cross([Math.sin(roll), Math.cos(roll), 0], forward));
  return {
    origin: add(target, scale(back, distance)),
    right: level,
    up: cross(forward, level),
    forward: scale(forward, between(random, 3.5, 4.3)),
  };
}
