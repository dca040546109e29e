/** How a source stores the variables of a network. */
import type { Architecture } from "../../model/networks";
import type { Source } from "../../model/networks/network";
import type { ModelOptions } from "../../model/options";
import type { Layout } from "./layout";

/** Where the values of a variable stand in a source's file. */
export interface MappedEntry {
  readonly entry: string;
  readonly layout: Layout;
  /** Whether its input channels are blue, green and red: of the first layer alone. @default false */
  readonly isBlueFirst?: boolean;
  /** An entry whose values are taken away: biases that the source adds before it takes off the moving mean. @default none */
  readonly less?: string;
}

/** What a model must be created with beside architecture and source. */
export type MappedOptions = Pick<ModelOptions, "width" | "strides" | "batchNormEpsilon" | "preprocessing">;

/** One network of one source. */
export interface WeightsMapping {
  /** As the source calls it, e.g. "torchvision/resnet50". */
  readonly name: string;
  readonly architecture: Architecture;
  readonly source: Source;
  /** @default none */
  readonly options?: MappedOptions;
  /**
   * The entry of a variable of the network, or of "Predict/logits/weights" and "Predict/logits/biases"; undefined if the source has
   * none for it.
   */
  entryOf(this: void, variable: string): MappedEntry | undefined;
  /** entryOf() of a file with entries of these names, where names depend on the file. @default the same for all */
  readonly entriesOf?: (this: void, entries: readonly string[]) => WeightsMapping["entryOf"];
  /** Whether an entry has nothing to say here, as a count of batches or an auxiliary classifier. @default none but those counts */
  readonly isUnused?: (this: void, entry: string) => boolean;
  /** Entries whose values the network has built in: a file with others is of other pixels. @default none */
  readonly fixed?: readonly { readonly entry: RegExp; readonly values: readonly number[] }[];
  /** Mappings of other sources that mean the same network for the same names and shapes. @default none */
  readonly equals?: readonly string[];
  /** Networks that none here is, whose files have the same names and shapes, as the source calls them. @default none */
  readonly twins?: readonly string[];
  /** Such weights that are told by an entry which they fill with NaN. @default none */
  readonly unfilled?: { readonly name: string; readonly entry: string };
}

/** The head of a model. */
export const HEAD = "Predict/logits";

/** A variable's name taken apart: "a/b/BatchNorm/gamma" is gamma of the normalization of "a/b". */
export interface VariableParts {
  /** Of the layer. */
  readonly scope: string;
  readonly isNorm: boolean;
  /** "weights", "depthwise_weights", "pointwise_weights", "biases", "gamma", "beta", "moving_mean" or "moving_variance" */
  readonly kind: string;
}

/** Takes a variable's name apart. */
export function partsOf(variable: string): VariableParts {
  const kind = variable.slice(variable.lastIndexOf("/") + 1);
  const layer = variable.slice(0, -kind.length - 1);
  const isNorm = !/weights$|^biases$/.test(kind);
  return { scope: layer.replace(/\/BatchNorm$/, ""), isNorm, kind };
}

/** The names that a source has for a layer; undefined where it has none. */
export interface LayerEntries {
  /** Of the convolution or the matrix. */
  readonly layer?: string | undefined;
  /** Of the normalization behind it, or of a normalization alone. */
  readonly norm?: string | undefined;
}

/** How a source's layers are named, by our scopes. */
export type NamesLayers = (this: void, scope: string) => LayerEntries | undefined;

/** How a library calls the variables of a layer, and how their values lie. */
interface Naming {
  /** Between a layer and its variable. */
  readonly separator: string;
  /** By kind of variable. */
  readonly variables: Readonly<Record<string, readonly [name: string, layout: Layout]>>;
  /** Of the head's weights. */
  readonly head: Layout;
}

const TORCH: Naming = {
  separator: ".",
  variables: {
    weights: ["weight", "oihw"],
    pointwise_weights: ["weight", "oihw"],
    depthwise_weights: ["weight", "depthwise"],
    biases: ["bias", "same"],
    gamma: ["weight", "same"],
    beta: ["bias", "same"],
    moving_mean: ["running_mean", "same"],
    moving_variance: ["running_var", "same"],
  },
  head: "linear",
};

const KERAS: Naming = {
  separator: "/",
  variables: {
    weights: ["kernel", "same"],
    pointwise_weights: ["pointwise_kernel", "same"],
    depthwise_weights: ["kernel", "same"],
    biases: ["bias", "same"],
    gamma: ["gamma", "same"],
    beta: ["beta", "same"],
    moving_mean: ["moving_mean", "same"],
    moving_variance: ["moving_variance", "same"],
  },
  head: "same",
};

/** What layers of torch have beside their names. */
export interface TorchOptions {
  /** Whether its convolutions have biases before a normalization. @default false */
  readonly hasBiases?: boolean;
}

/** What layers of Keras have beside their names. */
export interface KerasOptions extends TorchOptions {
  /** Our scope of the first layer, if its images were blue first. @default none */
  readonly blueFirst?: string;
  /** Layouts of weights that are not as here, by our scopes. @default "same" */
  readonly layouts?: Readonly<Record<string, Layout>>;
}

/**
 * The entries of torch's modules.
 * @param layouts  of weights of layers that are no convolutions, by our scopes. @default "linear" of the head
 */
export function torchEntries(
  names: NamesLayers,
  layouts: Readonly<Record<string, Layout>> = {},
  options: TorchOptions = {},
): WeightsMapping["entryOf"] {
  return namedEntries(TORCH, names, { ...options, layouts });
}

/** The entries of Keras' layers, as openKerasFile() names them: "<layer>/<variable>". */
export function kerasEntries(names: NamesLayers, options: KerasOptions = {}): WeightsMapping["entryOf"] {
  return namedEntries(KERAS, names, options);
}

function namedEntries(
  { separator, variables, head }: Naming,
  names: NamesLayers,
  { blueFirst, hasBiases = false, layouts = {} }: KerasOptions,
): WeightsMapping["entryOf"] {
  const layoutsOfWeights: KerasOptions["layouts"] = { [HEAD]: head, ...layouts };
  return (variable) => {
    const { scope, isNorm, kind } = partsOf(variable);
    const { layer, norm } = names(scope) ?? {};
    const [owner, known] = [isNorm ? norm : layer, variables[kind]];
    if (owner === undefined || known === undefined) return undefined;
    const [name, plain] = known;
    const isWeights = kind === "weights";
    return {
      entry: `${owner}${separator}${name}`,
      layout: (isWeights ? layoutsOfWeights[scope] : undefined) ?? plain,
      ...(hasBiases && kind === "moving_mean" && layer && { less: `${layer}${separator}bias` }),
      ...(isWeights && scope === blueFirst && { isBlueFirst: true }),
    };
  };
}

/** The entries of TF-Slim's checkpoints: our names, but for the last layer's. @param logits  its scope, e.g. "resnet_v1_50/logits" */
export function slimEntries(logits: string, layout: Layout = "pointwise"): WeightsMapping["entryOf"] {
  return (variable) => {
    const { scope, kind } = partsOf(variable);
    if (scope !== HEAD) return { entry: variable, layout: "same" };
    return { entry: `${logits}/${kind}`, layout: kind === "weights" ? layout : "same" };
  };
}
