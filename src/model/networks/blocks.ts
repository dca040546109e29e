/** What distinguishes one ResNet from another, as data. */

/** Of a ResNet whose units are bottlenecks. TF-Slim names 50 to 200; 14 and 26 are for small images and short trials. */
export type BottleneckDepth = (typeof BOTTLENECK_DEPTHS)[number];

/** Of a ResNet whose units are of two 3x3 convolutions. @see He et al. 2015 (arXiv 1512.03385), table 1 */
export type BasicDepth = (typeof BASIC_DEPTHS)[number];

/** Number of layers with weights, by convention. */
export type Depth = BottleneckDepth | BasicDepth;

/** A ResNet by TF-Slim's name; those that TF-Slim lacks are named alike, or as torchvision and timm name them. */
export type ResnetName =
  `resnet_v${1 | 2}_${BottleneckDepth}` | `resnet_v1_${BasicDepth}` | keyof typeof VARIANTS;

/**
 * Where a network strides. "slim": the last unit of a block, at its 3x3 convolution. "torchvision": a block's first unit, at its
 * 3x3, of a basic unit the first one. "keras": a block's first unit, at its first 1x1, as keras.applications' ResNet v1 and the original paper do.
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
  /** Whether it is of two 3x3 convolutions, not a bottleneck. */
  readonly isBasic: boolean;
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
  /** Factor of the channels between a unit's first and last convolution, as wide ResNets have it. @default 1 */
  readonly widening?: number;
  /**
   * Pixels of the image to one of the last activation, reached by atrous convolutions in place of strides.
   * @default undefined: 32, by strides alone; of basic units there is no other
   */
  readonly outputStride?: number | undefined;
}

/** What distinguishes ResNets of other names. */
export interface ResnetVariant {
  readonly version: 1 | 2;
  readonly depth: Depth;
  /** @see BlocksOptions */
  readonly widening: number;
  /** Whether what a unit adds is gated by channels. */
  readonly squeezes?: boolean;
  /** What pools where the others stride, so that shifted images give shifted activations. @default nothing */
  readonly antialias?: Antialias;
}

/** "average" is the mean of the pixels that are passed over, in the root too, in place of its maximum; "blur" the binomial one. */
export type Antialias = "average" | "blur";

const BOTTLENECK_DEPTHS = [14, 26, 50, 101, 152, 200] as const;
const BASIC_DEPTHS = [18, 34] as const;

/** @see Zagoruyko and Komodakis 2016 (arXiv 1605.07146); Hu et al. 2017 (arXiv 1709.01507); Zhang 2019 (arXiv 1904.11486) */
const VARIANTS = {
  wide_resnet50_2: { version: 1, depth: 50, widening: 2 },
  wide_resnet101_2: { version: 1, depth: 101, widening: 2 },
  seresnet18: { version: 1, depth: 18, widening: 1, squeezes: true },
  seresnet34: { version: 1, depth: 34, widening: 1, squeezes: true },
  seresnet50: { version: 1, depth: 50, widening: 1, squeezes: true },
  seresnet101: { version: 1, depth: 101, widening: 1, squeezes: true },
  seresnet152: { version: 1, depth: 152, widening: 1, squeezes: true },
  resnetaa50: { version: 1, depth: 50, widening: 1, antialias: "average" },
  resnetblur18: { version: 1, depth: 18, widening: 1, antialias: "blur" },
  resnetblur50: { version: 1, depth: 50, widening: 1, antialias: "blur" },
} as const satisfies Readonly<Record<string, ResnetVariant>>;

/** All strides. */
export const STRIDES = ["slim", "torchvision", "keras"] as const satisfies readonly Strides[];

const UNITS: Readonly<Record<Depth, readonly number[]>> = {
  14: [1, 1, 1, 1],
  18: [2, 2, 2, 2],
  26: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
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
  const { depth = 50, strides = "slim", width = 1, widening = 1, outputStride } = options;
  const counts = expectKey(UNITS, depth, "depth");
  const blockStrides = expectKey(BLOCK_STRIDES, strides, "strides");
  if (!(width > 0 && width < Infinity))
    throw new RangeError(`Cannot plan a ResNet: expected width > 0, got ${width}`);
  const isBasic = BASIC_DEPTHS.some((basic) => basic === depth);
  if (isBasic && outputStride !== undefined)
    throw new RangeError(`Cannot plan a ResNet: expected outputStride undefined of depth ${depth}, got ${outputStride}`); // prettier-ignore
  const take = atrous(outputStride);
  const blocks = counts.map((count, b) => {
    const narrow = scaleDepth(BOTTLENECKS[b] ?? 0, width);
    const strided = strides === "slim" ? count - 1 : 0;
    const units = Array.from({ length: count }, (_, u) => ({
      scope: `block${b + 1}/unit_${u + 1}`,
      depth: isBasic ? narrow : EXPANSION * narrow,
      bottleneck: widening * narrow,
      isBasic,
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
 * A ResNet's name taken apart.
 * @throws {RangeError} if it is none
 */
export function parseArchitecture(name: string): ResnetVariant & { readonly name: ResnetName } {
  for (const depth of BOTTLENECK_DEPTHS) {
    for (const version of [1, 2] as const) {
      const known = `resnet_v${version}_${depth}` as const;
      if (name === known) return { name: known, version, depth, widening: 1 };
    }
  }
  for (const depth of BASIC_DEPTHS) {
    const known = `resnet_v1_${depth}` as const;
    if (name === known) return { name: known, version: 1, depth, widening: 1 };
  }
  if (isVariant(name)) return { name, ...VARIANTS[name] };
  throw new RangeError(
    `Cannot build "${name}": expected "resnet_v1_50", _101, _152, _200 or "resnet_v2_50" …, got no such network`,
  );
}

function isVariant(name: string): name is keyof typeof VARIANTS {
  return Object.hasOwn(VARIANTS, name);
}
