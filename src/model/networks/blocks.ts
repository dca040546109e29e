/** What distinguishes one ResNet from another, as data. */

/** Number of layers with weights, by convention. TF-Slim names 50 to 200; 14 and 26 are for small images and short trials. */
export type Depth = 14 | 26 | 50 | 101 | 152 | 200;

/** A ResNet by TF-Slim's name. */
export type ResnetName = `resnet_v${1 | 2}_${Depth}`;

/**
 * Where a network strides. "slim": the last unit of a block, at its 3x3 convolution. "torchvision": a block's first unit, at its
 * 3x3. "keras": a block's first unit, at its first 1x1, as keras.applications' ResNet v1 and the original paper do.
 * The last two also pad the root's pooling by one pixel on each side, where TensorFlow's "same" pads an even side at its end alone.
 */
export type Strides = "slim" | "torchvision" | "keras";

/** A residual unit. */
export interface Unit {
  /** "block1/unit_1" */
  readonly scope: string;
  /** Channels of its output. */
  readonly depth: number;
  /** Channels between its first and last convolution. */
  readonly bottleneck: number;
  readonly stride: number;
  /** Rate of its 3x3 convolution. */
  readonly rate: number;
}

/** Units that work at one resolution. */
export interface Block {
  /** "block1" */
  readonly scope: string;
  readonly units: readonly Unit[];
}

/** Options of planBlocks(). */
export interface BlocksOptions {
  /** @default 50 */
  readonly depth?: Depth;
  /** @default "slim" */
  readonly strides?: Strides;
  /** Factor of all channel counts: less than 1 for a thin network. @default 1 */
  readonly width?: number;
  /**
   * Pixels of the image to one of the last activation, reached by atrous convolutions in place of strides.
   * @default undefined: 32, by strides alone
   */
  readonly outputStride?: number | undefined;
}

/** All strides. */
export const STRIDES = ["slim", "torchvision", "keras"] as const satisfies readonly Strides[];

const UNITS: Readonly<Record<Depth, readonly number[]>> = {
  14: [1, 1, 1, 1],
  26: [2, 2, 2, 2],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  200: [3, 24, 36, 3],
};
const BOTTLENECKS: readonly number[] = [64, 128, 256, 512];
const BLOCK_STRIDES: Readonly<Record<Strides, readonly number[]>> = {
  slim: [2, 2, 2, 1],
  torchvision: [1, 2, 2, 2],
  keras: [1, 2, 2, 2],
};
const EXPANSION = 4;
const ROOT_STRIDE = 4;

/** Channels of the root convolution. */
export const ROOT_DEPTH = 64;

/** A channel count in a network of that width. */
export function scaleDepth(depth: number, width: number): number {
  return Math.max(1, Math.round(depth * width));
}

/**
 * The units of a network.
 * @throws {RangeError} if depth, strides or width is unknown, or no unit reaches the output stride
 */
export function planBlocks(options: BlocksOptions = {}): readonly Block[] {
  const { depth = 50, strides = "slim", width = 1, outputStride } = options;
  const counts = expectKey(UNITS, depth, "depth");
  const blockStrides = expectKey(BLOCK_STRIDES, strides, "strides");
  if (!(width > 0 && width < Infinity))
    throw new RangeError(`Cannot plan a ResNet: expected width > 0, got ${width}`);
  const take = atrous(outputStride);
  const blocks = counts.map((count, b) => {
    const bottleneck = scaleDepth(BOTTLENECKS[b] ?? 0, width);
    const strided = strides === "slim" ? count - 1 : 0;
    const units = Array.from({ length: count }, (_, u) => ({
      scope: `block${b + 1}/unit_${u + 1}`,
      depth: EXPANSION * bottleneck,
      bottleneck,
      ...take.next(u === strided ? (blockStrides[b] ?? 1) : 1),
    }));
    return { scope: `block${b + 1}`, units };
  });
  take.finish();
  return blocks;
}

/** Turns strides into rates once the output stride is reached. */
function atrous(outputStride = ROOT_STRIDE * 8): {
  next(stride: number): { readonly stride: number; readonly rate: number };
  finish(): void;
} {
  let reached = ROOT_STRIDE;
  let rate = 1;
  return {
    next(stride) {
      if (reached !== outputStride) {
        reached *= stride;
        return { stride, rate: 1 };
      }
      const unit = { stride: 1, rate };
      rate *= stride;
      return unit;
    },
    finish() {
      if (reached === outputStride) return;
      throw new RangeError(`Cannot plan a ResNet: expected outputStride 4, 8, 16 or 32, got ${outputStride}`);
    },
  };
}

function expectKey<K extends string | number, V>(table: Readonly<Record<K, V>>, key: K, what: string): V {
  if (Object.hasOwn(table, key)) return table[key];
  const known = Object.keys(table).join(", ");
  throw new RangeError(`Cannot plan a ResNet: expected ${what} of ${known}, got ${String(key)}`);
}

/**
 * An architecture's name taken apart.
 * @throws {RangeError} if it is not one of TF-Slim's ResNets
 */
export function parseArchitecture(name: string): {
  readonly name: ResnetName;
  readonly version: 1 | 2;
  readonly depth: Depth;
} {
  for (const version of [1, 2] as const) {
    for (const depth of [14, 26, 50, 101, 152, 200] as const) {
      const known = `resnet_v${version}_${depth}` as const;
      if (name === known) return { name: known, version, depth };
    }
  }
  throw new RangeError(
    `Cannot build "${name}": expected "resnet_v1_50", _101, _152, _200 or "resnet_v2_50" …, got no such network`,
  );
}
