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
  /** How the weights of both begin. @default as a convolution's */
  readonly initializer?: Initializer;
}

/** x times gates of its channels, made of their means. @see Hu et al. 2017 (arXiv 1709.01507) §3 */
export function squeezeExcite<X>(layers: Layers<X>, x: X, options: SqueezeExcite): X {
  const { scope, depth, activation, initializer } = options;
  const bare = { normalize: false, endpoint: null, ...(initializer && { initializer }) } as const;
  let gates = layers.globalPool(x); // [b, 1, 1, channels]
  gates = layers.convolution(gates, { scope: `${scope}/Conv`, depth, activation, ...bare });
  const channels = layers.channels(x);
  gates = layers.convolution(gates, {
    scope: `${scope}/Conv_1`,
    depth: channels,
    activation: "sigmoid",
    ...bare,
  });
  return layers.gate(x, gates);
}
