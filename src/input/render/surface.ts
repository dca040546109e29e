/** Colours and patterns of surfaces. */
import type { Random } from "../chance";
import { fractal, noise, pick } from "./noise";
import { clamp, mix, scale, smoothstep, type Vector } from "./vector";

/** The colour of a surface at a point. */
export type Pattern = (x: number, y: number, z: number) => Vector;

/** A number between two, all alike probable. */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** One of several. */
export function oneOf<T>(random: Random, first: T, ...others: readonly T[]): T {
  return others[Math.floor(random() * (others.length + 1)) - 1] ?? first;
}

/** A colour by hue (in turns), saturation and value, in linear light. */
export function color(hue: number, saturation: number, value: number): Vector {
  const channel = (offset: number): number => {
    const wheel = Math.abs((((hue + offset) % 1) + 1) * 6 - 9);
    const distance = wheel > 3 ? 6 - wheel : wheel;
    return value * (1 - saturation * (1 - clamp(distance - 1)));
  };
  return [channel(0) ** 2.2, channel(2 / 3) ** 2.2, channel(1 / 3) ** 2.2];
}

/** Any colour that things have, the same choice for every class. */
function anyColor(random: Random): Vector {
  return color(random(), between(random, 0.3, 0.85), between(random, 0.35, 0.95));
}

/** Any colour of floors and walls. */
function quietColor(random: Random): Vector {
  return color(random(), 0.02 + 0.3 * random(), between(random, 0.35, 0.9));
}

/** What things are painted with. */
export function drawPaint(random: Random): Pattern {
  const [main, other] = [anyColor(random), anyColor(random)];
  const [shift, size] = [between(random, 0, 99), between(random, 5, 13)];
  const grain: Pattern = (x, y, z) => scale(main, 0.75 + 0.5 * fractal(x * 9 + shift, y * 9, z * 9, 2));
  const patterns: readonly Pattern[] = [
    grain,
    grain,
    (x, y, z) => mix(main, scale(main, 0.45), smoothstep(0.4, 0.6, fractal(x * 3 + shift, y * 3, z * 3, 3))),
    (x, y, z) => mix(grain(x, y, z), other, smoothstep(-0.15, 0.15, Math.sin(y * size * 2 + shift) - 0.3)),
    (x, y, z) =>
      mix(grain(x, y, z), other, smoothstep(0.66, 0.7, noise(x * size + shift, y * size, z * size))),
    (x, y, z) => {
      const rings = Math.sin(20 * (x + 0.4 * z + 0.35 * fractal(x * 2 + shift, y * 2, z * 2, 2)) + 3 * y);
      return scale(main, 0.7 + 0.3 * smoothstep(-1, 1, rings) + 0.15 * noise(x * 40, y * 5, z * 40));
    },
  ];
  return oneOf(random, grain, ...patterns);
}

/** A pattern with less contrast, about a tone: what is around things does not outshine them. */
function calm(pattern: Pattern, tone: Vector): Pattern {
  return (x, y, z) => mix(pattern(x, y, z), tone, 0.45);
}

/** What things stand on, by place on the ground: boards, tiles, carpet, stone, grass. */
export function drawGround(random: Random): Pattern {
  const brown = color(between(random, 0.03, 0.12), between(random, 0.2, 0.65), between(random, 0.3, 0.85));
  const [main, other] = [quietColor(random), quietColor(random)];
  const green = color(between(random, 0.2, 0.36), between(random, 0.3, 0.6), between(random, 0.25, 0.5));
  const [shift, size, turn] = [between(random, 0, 99), between(random, 1.2, 3), between(random, 0, 6.28)];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const patterns: readonly Pattern[] = [
    (x, _, z) => {
      const [along, across] = [x * cos - z * sin, (x * sin + z * cos) * size];
      const tone = 0.65 + 0.5 * pick(across, along * 0.25 + 3 * pick(across, 0));
      const gap = smoothstep(0, 0.04, Math.abs(across - Math.round(across)));
      return scale(brown, tone * (0.3 + 0.7 * gap) * (0.8 + 0.4 * fractal(along * 2, across * 12, shift, 3)));
    },
    (x, _, z) => {
      const [u, v] = [(x * cos - z * sin) * size, (x * sin + z * cos) * size];
      const joint = Math.min(Math.abs(u - Math.round(u)), Math.abs(v - Math.round(v)));
      const tile = (Math.floor(u) + Math.floor(v)) & 1 ? main : mix(main, other, 0.3);
      return scale(
        tile,
        (0.5 + 0.5 * smoothstep(0.01, 0.04, joint)) * (0.85 + 0.3 * fractal(u * 4, v * 4, shift, 2)),
      );
    },
    (x, _, z) => mix(scale(main, 0.7), mix(main, other, 0.4), fractal(x * 14, shift, z * 14, 3)),
    (x, _, z) => scale([0.4, 0.38, 0.36], 0.5 + fractal(x * 3, shift, z * 3, 5)),
    (x, _, z) => scale(green, 0.35 + 1.3 * fractal(x * 8, shift, z * 25, 3)),
  ];
  return calm(
    oneOf(random, (x, _, z) => scale(brown, 0.6 + 0.8 * fractal(x * 1.5, shift, z * 9, 4)), ...patterns),
    main,
  );
}

/** What is behind things, by direction: plaster, bricks, leaves, shelves, sky. */
export function drawBackdrop(random: Random): Pattern {
  const [main, other] = [quietColor(random), quietColor(random)];
  const sky = color(between(random, 0.53, 0.62), between(random, 0.1, 0.6), between(random, 0.7, 1));
  const green = color(between(random, 0.18, 0.38), between(random, 0.3, 0.7), between(random, 0.25, 0.6));
  const [shift, size] = [between(random, 0, 99), between(random, 1.5, 4)];
  const plaster: Pattern = (x, y) =>
    scale(mix(main, other, clamp(0.15 + y * 0.2)), 0.7 + 0.5 * fractal(x * 2, y * 2, shift, 3));
  const patterns: readonly Pattern[] = [
    (x, y) => {
      const row = Math.floor(y * size * 2);
      const column = x * size + (row & 1) * 0.5;
      return scale(mix(main, [0.25, 0.08, 0.04], 0.6), 0.5 + 0.9 * pick(column, row));
    },
    (x, y) => {
      const leaves = fractal(x * size, y * size, shift, 4);
      return mix(scale(green, 0.3 + 1.2 * leaves), sky, smoothstep(0.5, 0.7, leaves + y * 0.05));
    },
    (x, y) => {
      const shelf = Math.floor(y * 1.1 + shift);
      const book = pick(x * (5 + size), shelf);
      const isGap = y * 1.1 + shift - shelf > 0.65 + 0.3 * book;
      return isGap
        ? scale(main, 0.12)
        : color(book * 7.3, 0.2 + 0.6 * pick(book * 999, shelf), 0.2 + 0.6 * book);
    },
    (x, y) => mix(mix(sky, [1, 1, 1], 0.5 * smoothstep(0.45, 0.7, fractal(x, y * 2, shift, 4))), main, 0.1),
  ];
  return calm(oneOf(random, plaster, ...patterns), main);
}
