/** Scales of whole numbers of eight bits. */

/** From where to where numbers go. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

/** x ≈ scale · (whole − zero), whole being 0…255. */
export interface Scale {
  /** A float32 above 0. */
  readonly scale: number;
  /** 0…255: what stands for 0, exactly. */
  readonly zero: number;
}

/** The greatest whole number of unsigned activations. */
const MOST = 255;

/** The scale at which a range is 0…255; 0 is in it, whether it is in the range or not. */
export function scaleOf({ min, max }: ValueRange): Scale {
  const [least, most] = [Math.min(min, 0), Math.max(max, 0)];
  const scale = Math.fround((most - least) / MOST);
  if (scale === 0) return { scale: 1, zero: 0 };
  return { scale, zero: Math.min(MOST, Math.round((0 - least) / scale)) };
}

/** What can be told at a scale. */
export function rangeOf({ scale, zero }: Scale): ValueRange {
  return { min: (0 - zero) * scale, max: (MOST - zero) * scale };
}

/** Weights as whole numbers. */
export interface Int8Weights {
  /** -127…127 */
  readonly whole: Int8Array;
  /** Of each channel, above 0. */
  readonly scales: Float32Array;
  /** The sums' beginning, in whole numbers of input scale · weight scale. */
  readonly bias: Int32Array | undefined;
}

/** Weights, channel by channel, and what is added to each channel's sums. */
export interface FloatWeights {
  readonly weights: Float32Array;
  readonly channels: number;
  /** Numbers from one of a channel to the next: 1 where channels are the last axis, all of a channel's where they are the first. */
  readonly isLast: boolean;
  readonly bias: Float32Array | undefined;
  /** The scale of what is multiplied with them. */
  readonly inputScale: number;
}

const INT32_MOST = 2 ** 31 - 1;

/** Weights as whole numbers, symmetric, each channel of a scale of its own, which is coarser where the bias would not fit in 32 bits. */
export function int8Weights({ weights, channels, isLast, bias, inputScale }: FloatWeights): Int8Weights {
  const each = weights.length / channels;
  const channelOf = isLast ? (i: number) => i % channels : (i: number) => Math.floor(i / each);
  const most = new Float64Array(channels);
  weights.forEach((weight, i) => {
    const channel = channelOf(i);
    most[channel] = Math.max(most[channel] ?? 0, Math.abs(weight));
  });
  const scales = Float32Array.from(most, (greatest, channel) => {
    const least = Math.abs(bias?.[channel] ?? 0) / inputScale / INT32_MOST;
    return Math.max(greatest / 127, least * (1 + 1e-6)) || 1;
  });
  const whole = Int8Array.from(weights, (weight, i) => {
    return Math.max(-127, Math.min(127, Math.round(weight / (scales[channelOf(i)] ?? 1))));
  });
  const sums =
    bias &&
    Int32Array.from(bias, (value, channel) => Math.round(value / (inputScale * (scales[channel] ?? 1))));
  return { whole, scales, bias: sums };
}
