/** Gates by channels. */
import type { Activation, Layers } from "../layers";
import type { Initializer } from "../variables";

/** How channels are gated. */
export interface SqueezeExcite {
  /** Its two convolutions are "Conv" and "Conv_1" in it, as in TF-Slim's MobileNet v3. */
  readonly scope: string;
  /** Channels between the two. */
  readonly depth: number;
  /** Between the two. */
  readonly activation: Activation;
  /** What the gates are. */
  readonly gate: Activation;
  /** By what share of themselves the gates are larger. @default 0 */
  readonly excess?: number;
  /** How the weights of each begin. @default as a convolution's */
  readonly initializers?: readonly [Initializer, Initializer];
}

/** x times gates of its channels, made of their means. @see Hu et al. 2017 (arXiv 1709.01507) §3; squeeze_excite in TF-Slim's mobilenet/conv_blocks.py */
export function squeezeExcite<X>(layers: Layers<X>, x: X, options: SqueezeExcite): X {
  const { scope, depth, activation, gate, excess = 0, initializers } = options;
  const [first, second] = (initializers ?? []).map((initializer) => ({ initializer }));
  const plain = { normalize: false, endpoint: null } as const;
  const inner = { scope: `${scope}/Conv`, depth, activation, ...plain, ...first };
  const outer = { scope: `${scope}/Conv_1`, depth: layers.channels(x), ...plain, ...second };
  const pooled = layers.globalPool(x); // [b, 1, 1, channels]
  const gates = layers.convolution(layers.convolution(pooled, inner), { ...outer, activation: gate });
  return layers.gate(x, excess === 0 ? gates : layers.addScaled(gates, gates, excess));
}
