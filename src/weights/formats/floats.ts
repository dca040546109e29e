/** Floating-point numbers of several widths, little-endian in files, as float32 and back. */
import { asBfloat16 } from "../../training/features/rows";
import type { ByteFile } from "./bytefile";

/** Bytes of one number, by the types that can be read as float32. */
const BYTES = { float32: 4, float64: 8, float16: 2, bfloat16: 2 } as const;

/** A type of numbers that can be read as float32. */
export type FloatType = keyof typeof BYTES;

/** Whether numbers of a type can be read as float32. */
export function isFloatType(dtype: string): dtype is FloatType {
  return Object.hasOwn(BYTES, dtype);
}

/** Bytes of one number. */
export function floatBytes(dtype: FloatType): number {
  return BYTES[dtype];
}

/** Where a file has numbers, one after the other. */
export interface FloatPlace {
  /** Of what they are, for errors. */
  readonly name: string;
  readonly dtype: FloatType;
  /** In bytes, from the file's start. */
  readonly offset: number;
  readonly count: number;
}

/** How many numbers of another type than float32 are read at a time: nothing but the result takes much memory. */
const CHUNK = 1 << 18;

/**
 * Numbers of a file as float32: float16 and bfloat16 exactly, float64 rounded to the nearest.
 * @throws {Error} that names the file and the offset, if it ends before
 * @throws {RangeError} if float32 can't hold one of float64's
 */
export function readFloats(file: ByteFile, { name, dtype, offset, count }: FloatPlace): Float32Array {
  const what = `"${name}"`;
  const numbers = new Float32Array(count);
  if (dtype === "float32") {
    file.read(what, offset, new Uint8Array(numbers.buffer));
    return numbers;
  }
  const size = BYTES[dtype];
  const chunk = new Uint8Array(Math.min(CHUNK, count) * size);
  for (let start = 0; start < count; start += CHUNK) {
    const part = chunk.subarray(0, Math.min(CHUNK, count - start) * size);
    file.read(what, offset + start * size, part);
    widen(`${what} of "${file.path}"`, dtype, part, numbers.subarray(start, start + CHUNK));
  }
  return numbers;
}

/** How many numbers readFloatParts() gives at a time. */
const PART = 2 ** 20;

/**
 * As readFloats(), part by part.
 * @throws {Error} as readFloats()
 */
export function* readFloatParts(file: ByteFile, place: FloatPlace): Generator<Float32Array> {
  const size = BYTES[place.dtype];
  for (let start = 0; start < place.count; start += PART) {
    const count = Math.min(PART, place.count - start);
    yield readFloats(file, { ...place, offset: place.offset + start * size, count });
  }
}

/**
 * Numbers as float32: float16 and bfloat16 exactly, float64 rounded to the nearest.
 * @param what   they are, for the error
 * @param bytes  little-endian, from a place that a number of the type can have
 * @throws {RangeError} if float32 can't hold one of float64's
 */
export function widen(what: string, dtype: FloatType, bytes: Uint8Array, target: Float32Array): void {
  const { buffer, byteOffset } = bytes;
  if (dtype === "float32") target.set(new Float32Array(buffer, byteOffset, target.length));
  else if (dtype === "float64") round(what, new Float64Array(buffer, byteOffset, target.length), target);
  else widenHalves(dtype, new Uint16Array(buffer, byteOffset, target.length), target);
}

function round(what: string, numbers: Float64Array, target: Float32Array): void {
  target.set(numbers);
  const lost = target.findIndex((one, i) => !Number.isFinite(one) && Number.isFinite(numbers[i]));
  if (lost < 0) return;
  throw new RangeError(
    `Cannot read ${what}: expected float64 numbers that float32 can hold, got ${numbers[lost]}`,
  );
}

function widenHalves(dtype: "float16" | "bfloat16", halves: Uint16Array, target: Float32Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  if (dtype === "bfloat16") for (const [i, half] of halves.entries()) bits[i] = half << 16;
  else for (const [i, half] of halves.entries()) bits[i] = bitsOfFloat16(half);
}

/** The bits of the float32 that is equal to a float16: IEEE 754's binary16, of 5 bits of exponent and 10 of fraction. */
function bitsOfFloat16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13); // infinite, or no number
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // so that the first bit set is the one that is not stored
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/**
 * float32 numbers as a file has them: in halves rounded to the nearest, ties to even.
 * @param what  they are, for the error
 * @throws {RangeError} if the type can't hold one of them
 */
export function floatsAs(
  what: string,
  dtype: "float32" | "float16" | "bfloat16",
  numbers: Float32Array,
): Uint8Array {
  if (dtype === "float32") return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const [halves, infinite] =
    dtype === "bfloat16" ? [asBfloat16(numbers), 0x7f80] : [asFloat16(numbers), 0x7c00];
  const lost = halves.findIndex((half, i) => (half & 0x7fff) === infinite && Number.isFinite(numbers[i]));
  if (lost >= 0)
    throw new RangeError(
      `Cannot write ${what}: expected numbers that ${dtype} can hold, got ${numbers[lost]}`,
    );
  return new Uint8Array(halves.buffer);
}

function asFloat16(numbers: Float32Array): Uint16Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  return Uint16Array.from(bits, halfOf);
}

/** The float16 nearest to the float32 of these bits. */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) return sign | 0x7e00; // no number
  const exponent = rest >>> 23;
  if (exponent >= 143) return sign | 0x7c00; // 2^16 and above
  if (exponent >= 113) return sign | rounded(rest - (112 << 23), 13); // may carry into the exponent, which is right
  if (exponent < 102) return sign; // below half of the least, 2^-25
  return sign | rounded((rest & 0x7fffff) | 0x800000, 126 - exponent);
}

/** An integer less its last bits, rounded to the nearest, ties to even. */
function rounded(integer: number, bits: number): number {
  const half = 1 << (bits - 1);
  return (integer + half - 1 + ((integer >>> bits) & 1)) >>> bits;
}
