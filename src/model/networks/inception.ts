/** What Inceptions are made of: branches side by side, written as their papers' tables. */
import { AUX_LOGITS, GLOBAL_POOL, type ConvolutionLayer, type Layers } from "../layers";
import type { Initializer } from "../variables";
import { SQUASHED, type NetworkForm, type NetworkSpec, type Source, type SourceTraits } from "./network";

/** What the layers of one Inception have in common. */
export interface InceptionStyle {
  /** The scope of all its variables, e.g. "InceptionV3". */
  readonly scope: string;
  /** Factor of all channel counts. */
  readonly width: number;
  /** Whether batch normalization has gamma, as in torch: TF-Slim's and Keras' Inceptions have none. */
  readonly normalize: true | "unscaled";
  /** Whether means over 3 x 3 count the zeros around an image. @default false */
  readonly countsPadding?: boolean;
  /** How weights begin. */
  readonly initializer: Initializer;
  /** Whether weight decay pulls at biases too. @default false */
  readonly regularizedBiases?: boolean;
}

/** A layer of a branch, or several side by side. */
export type Step =
  | (Pick<ConvolutionLayer, "depth" | "kernel" | "stride" | "padding"> & { readonly name: string })
  | { readonly pool: "max" | "average" }
  | { readonly pool: "max"; readonly name: string }
  | { readonly fork: readonly Step[] };

/** Layers of a module, one after the other in each branch. */
export type Branches = readonly (readonly Step[])[];

type Kernel = NonNullable<ConvolutionLayer["kernel"]>;

/** A convolution that keeps an image's size. */
export function conv(name: string, depth: number, kernel: Kernel = 1): Step {
  return { name, depth, kernel, padding: "same" };
}

/** A convolution without padding. */
export function reduce(name: string, depth: number, stride = 2): Step {
  return { name, depth, kernel: 3, stride, padding: "valid" };
}

/** The mean over 3 x 3 pixels around each. */
export const AVERAGE: Step = { pool: "average" };

/** The maximum of 3 x 3 pixels, at every second. */
export const MAXIMUM: Step = { pool: "max" };

/** Layers side by side, of which the results are put one after the other. */
export function fork(...steps: readonly Step[]): Step {
  return { fork: steps };
}

/** A channel count in an Inception of that width. @see tf_slim/nets/inception_v3.py, min_depth */
export function inceptionDepth(depth: number, width: number): number {
  return width === 1 ? depth : Math.max(Math.floor(depth * width), MIN_DEPTH);
}

const MIN_DEPTH = 16;

/** Branches side by side on x, in scopes Branch_0, Branch_1 …, and one after the other in what is given. */
export function branches<X>(
  layers: Layers<X>,
  x: X,
  style: InceptionStyle,
  { scope, of }: { readonly scope: string; readonly of: Branches },
): X {
  const results = of.map((steps, i) =>
    steps.reduce((y, step) => runStep(layers, y, style, { scope: `${scope}/Branch_${i}`, step }), x),
  );
  return layers.concat(results);
}

function runStep<X>(
  layers: Layers<X>,
  x: X,
  style: InceptionStyle,
  { scope, step }: { readonly scope: string; readonly step: Step },
): X {
  if ("fork" in step)
    return layers.concat(step.fork.map((one) => runStep(layers, x, style, { scope, step: one })));
  if ("depth" in step)
    return layers.convolution(x, { ...layerOf(style, step), scope: `${scope}/${step.name}`, endpoint: null });
  if (step.pool === "max") return layers.pool(x, { kind: "max", size: 3, stride: 2, padding: "valid" });
  const { countsPadding = false } = style;
  return layers.pool(x, { kind: "average", size: 3, padding: countsPadding ? 1 : "same", countsPadding });
}

/** A step as a convolution of that style, but for its scope. */
function layerOf(
  { width, normalize, initializer }: InceptionStyle,
  { depth, ...window }: Pick<ConvolutionLayer, "depth" | "kernel" | "stride" | "padding">,
): Omit<ConvolutionLayer, "scope"> {
  return { ...window, depth: inceptionDepth(depth, width), normalize, initializer };
}

/** A module: branches that are an endpoint together. */
export function inceptionModule<X>(
  layers: Layers<X>,
  x: X,
  style: InceptionStyle,
  [name, of]: readonly [name: string, of: Branches],
): X {
  return layers.unit(() =>
    layers.endpoint(name, branches(layers, x, style, { scope: `${style.scope}/${name}`, of })),
  );
}

/** Convolutions and pools one after the other, each with a name an endpoint. */
export function stem<X>(layers: Layers<X>, images: X, style: InceptionStyle, steps: readonly Step[]): X {
  return steps.reduce((x, step) => {
    const y = runStep(layers, x, style, { scope: style.scope, step });
    return "name" in step ? layers.endpoint(step.name, y) : y;
  }, images);
}

/** The first layers of Inception v3 and Inception-ResNet v2: [b, 299, 299, 3] to [b, 35, 35, 192]. */
export const STEM: readonly Step[] = [
  reduce("Conv2d_1a_3x3", 32), // [b, 149, 149, 32]
  reduce("Conv2d_2a_3x3", 32, 1), // [b, 147, 147, 32]
  conv("Conv2d_2b_3x3", 64, 3), // [b, 147, 147, 64]
  { pool: "max", name: "MaxPool_3a_3x3" }, // [b, 73, 73, 64]
  conv("Conv2d_3b_1x1", 80), // [b, 73, 73, 80]
  reduce("Conv2d_4a_3x3", 192, 1), // [b, 71, 71, 192]
  { pool: "max", name: "MaxPool_5a_3x3" }, // [b, 35, 35, 192]
];

/** An auxiliary classifier's own layers; those before them are the same in all. */
export interface AuxHead {
  /** Outputs. */
  readonly classes: number;
  /** The name of the convolution over all that is left, by its kernel. */
  kernelName(kernel: readonly [height: number, width: number]): string;
  /** The most that the kernel's sides may be. @default what is left of the image */
  readonly maxKernel?: number;
  /** How that convolution's weights begin. @default the style's */
  readonly initializer?: Initializer;
  /** The last layer. */
  readonly logits: Pick<ConvolutionLayer, "isDense" | "initializer"> & { readonly name: string };
}

/** An auxiliary classifier on the last module at a stride of 16: [b, 17, 17, c] to [b, 1, 1, classes]. */
export function auxLogits<X>(layers: Layers<X>, x: X, style: InceptionStyle, head: AuxHead): void {
  const { classes, kernelName, maxKernel = Infinity, initializer = style.initializer, logits } = head;
  const scope = `${style.scope}/AuxLogits`;
  layers.unit(() => {
    let net = layers.pool(x, { kind: "average", size: 5, stride: 3, padding: "valid" }); // [b, 5, 5, c]
    const narrow = { ...layerOf(style, { depth: 128 }), scope: `${scope}/Conv2d_1b_1x1`, endpoint: null };
    net = layers.convolution(net, narrow); // [b, 5, 5, 128]
    const [height, width] = layers.sides(net);
    const kernel = [Math.min(height, maxKernel), Math.min(width, maxKernel)] as const;
    const whole = {
      ...layerOf(style, { depth: 768, kernel, padding: "valid" }),
      initializer,
      endpoint: null,
    };
    net = layers.convolution(net, { ...whole, scope: `${scope}/${kernelName(kernel)}` }); // [b, 1, 1, 768]
    net = layers.globalPool(net); // of larger images as torchvision's
    const { regularizedBiases = false } = style;
    const last = { depth: classes, normalize: false, regularizedBiases, activation: "none" } as const;
    const { name, ...kind } = logits;
    net = layers.convolution(net, { ...last, ...kind, scope: `${scope}/${name}`, endpoint: null });
    return layers.endpoint(AUX_LOGITS, net); // [b, 1, 1, classes]
  });
}

/** The mean over what is left of an image, and what is dropped of it in training. */
export function pooled<X>(
  layers: Layers<X>,
  x: X,
  { scope, dropoutKeepProb: keepProb }: { readonly scope: string; readonly dropoutKeepProb: number },
): X {
  return layers.dropout(layers.endpoint(GLOBAL_POOL, layers.globalPool(x)), { scope, keepProb });
}

/** Whether batch normalization has gamma in a source's form. */
export function gammaOf(source: Source): true | "unscaled" {
  return source === "torchvision" || source === "timm" ? true : "unscaled";
}

/**
 * What is known of an Inception. All its sources take −1…1, torchvision's by its transform_input, and add 0.001 to variances.
 * @param timmResizeSide  shorter side of photographs before the crop, as timm's weights want it
 * @see tf_slim/nets/inception_utils.py, inception_arg_scope
 */
export function inceptionSpec<S extends Source>(
  sources: readonly S[],
  timmResizeSide: number,
  build: (form: NetworkForm) => ReturnType<NetworkSpec["build"]>,
): NetworkSpec {
  const traits = { preprocessing: "inception", batchNormEpsilon: 1e-3 } as const;
  const own: Partial<Record<Source, Partial<SourceTraits>>> = {
    slim: SQUASHED,
    timm: { resizeSide: timmResizeSide },
  };
  return {
    imageSize: 299,
    sources: Object.fromEntries(sources.map((source) => [source, { ...traits, ...own[source] }])),
    weightDecay: 4e-5,
    batchNormDecay: 0.9997,
    dropoutKeepProb: 0.8,
    hasAuxLogits: true,
    build,
  };
}
