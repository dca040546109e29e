/** A network that is run in part: from an endpoint on, or up to one. */
import { quoteNearest } from "../tensorflow";
import { DeclaredLayers, type ImageShape, type NetworkDeclaration } from "./declare";
import {
  AUX_LOGITS,
  type Activation,
  type BatchNormLayer,
  type ConvolutionLayer,
  type DepthwiseLayer,
  type DropoutLayer,
  type Layers,
  type PoolLayer,
  type WindowLayer,
} from "./layers";

/** A network as a function of layers and images. */
export type Network = <X>(layers: Layers<X>, images: X) => X;

/** A place of a network at which it can be cut in two. */
export interface Cut {
  readonly endpoint: string;
  /** Of its activation, for one image of the model's size. */
  readonly shape: ImageShape;
  /** Names of the variables of the layers before it. */
  readonly variables: readonly string[];
  /** Whether layers before it drop numbers at random in training, so that its activation is another each time. */
  readonly isRandom: boolean;
  /** Whether an auxiliary classifier takes from before it, so that a training that begins here would lack its loss. */
  readonly hasAux: boolean;
}

/** What is passed by has a shape alone. */
type Place<X> = { readonly shape: ImageShape } | { readonly value: X };

/** Where running begins or ends. */
export interface PartOptions<X> {
  /** The layers before this endpoint are passed by, and its activation is given. */
  readonly from?: { readonly endpoint: string; readonly value: X };
  /** The layers after this endpoint are passed by. */
  readonly to?: { readonly endpoint: string; readonly shapeOf: (value: X) => ImageShape };
}

/** Layers of which a part is run and the others are passed by. */
export class PartLayers<X> implements Layers<Place<X>> {
  /** The layers passed by. */
  readonly passed = new DeclaredLayers();
  /** The activation of the endpoint up to which it is run, when that was reached. */
  reached: X | undefined;
  /** Whether a layer that is run takes something from before the endpoint it begins at: that is no cut then. */
  isMixed = false;

  constructor(
    private readonly layers: Layers<X>,
    private readonly options: PartOptions<X>,
  ) {}

  channels(x: Place<X>): number {
    return "value" in x ? this.layers.channels(x.value) : this.passed.channels(x.shape);
  }

  sides(x: Place<X>): readonly [height: number, width: number] {
    return "value" in x ? this.layers.sides(x.value) : this.passed.sides(x.shape);
  }

  convolution(x: Place<X>, layer: ConvolutionLayer): Place<X> {
    return this.convolved(x, layer, (layers, of) => layers.convolution(of, layer));
  }

  depthwise(x: Place<X>, layer: DepthwiseLayer): Place<X> {
    return this.convolved(x, layer, (layers, of) => layers.depthwise(of, layer));
  }

  batchNorm(x: Place<X>, scope: string, layer?: BatchNormLayer): Place<X> {
    return this.one(x, (layers, of) => layers.batchNorm(of, scope, layer));
  }

  layerNorm(x: Place<X>, scope: string, layer: { readonly epsilon: number }): Place<X> {
    return this.one(x, (layers, of) => layers.layerNorm(of, scope, layer));
  }

  channelScale(x: Place<X>, scope: string, layer: { readonly initial: number }): Place<X> {
    return this.one(x, (layers, of) => layers.channelScale(of, scope, layer));
  }

  activation(x: Place<X>, kind: Activation): Place<X> {
    return this.one(x, (layers, of) => layers.activation(of, kind));
  }

  pool(x: Place<X>, layer: PoolLayer): Place<X> {
    return this.one(x, (layers, of) => layers.pool(of, layer));
  }

  subsample(x: Place<X>, factor: number): Place<X> {
    return this.one(x, (layers, of) => layers.subsample(of, factor));
  }

  join(shortcut: Place<X>, residual: Place<X>, options: { readonly rectify: boolean }): Place<X> {
    return this.two(shortcut, residual, (layers, a, b) => layers.join(a, b, options));
  }

  addScaled(x: Place<X>, y: Place<X>, factor: number): Place<X> {
    return this.two(x, y, (layers, a, b) => layers.addScaled(a, b, factor));
  }

  gate(x: Place<X>, gates: Place<X>): Place<X> {
    return this.two(x, gates, (layers, a, b) => layers.gate(a, b));
  }

  concat(parts: readonly Place<X>[]): Place<X> {
    const values = parts.flatMap((part) => ("value" in part ? [part.value] : []));
    const shapes = parts.flatMap((part) => ("shape" in part ? [part.shape] : []));
    if (shapes.length === 0) return { value: this.layers.concat(values) };
    this.isMixed ||= values.length > 0;
    return { shape: this.passed.concat(shapes) };
  }

  globalPool(x: Place<X>): Place<X> {
    return this.one(x, (layers, of) => layers.globalPool(of));
  }

  adaptivePool(x: Place<X>, size: number): Place<X> {
    return this.one(x, (layers, of) => layers.adaptivePool(of, size));
  }

  dropout(x: Place<X>, layer: DropoutLayer): Place<X> {
    return this.one(x, (layers, of) => layers.dropout(of, layer));
  }

  softmax(x: Place<X>): Place<X> {
    return this.one(x, (layers, of) => layers.softmax(of));
  }

  unit<T extends Place<X> | undefined>(work: () => T): T {
    const places: T[] = [];
    this.layers.unit(() => {
      const place = work();
      places.push(place);
      return place !== undefined && "value" in place ? place.value : this.reached;
    });
    const [place] = places;
    if (place === undefined) throw new TypeError("Cannot run a unit: expected its result, got none");
    return place;
  }

  endpoint(name: string, x: Place<X>): Place<X> {
    return this.at(
      name,
      this.one(x, (layers, of) => layers.endpoint(name, of)),
    );
  }

  private one(x: Place<X>, layer: <Y>(layers: Layers<Y>, of: Y) => Y): Place<X> {
    return "value" in x ? { value: layer(this.layers, x.value) } : { shape: layer(this.passed, x.shape) };
  }

  private two(a: Place<X>, b: Place<X>, layer: <Y>(layers: Layers<Y>, a: Y, b: Y) => Y): Place<X> {
    if ("value" in a && "value" in b) return { value: layer(this.layers, a.value, b.value) };
    if ("shape" in a && "shape" in b) return { shape: layer(this.passed, a.shape, b.shape) };
    this.isMixed = true;
    return "shape" in a ? a : b;
  }

  private convolved(
    x: Place<X>,
    { scope, endpoint = scope }: WindowLayer,
    layer: <Y>(layers: Layers<Y>, of: Y) => Y,
  ): Place<X> {
    const y = this.one(x, layer);
    return endpoint === null ? y : this.at(endpoint, y);
  }

  /** What the network goes on with after a place of that name. */
  private at(name: string, x: Place<X>): Place<X> {
    const { from, to } = this.options;
    if (name === from?.endpoint && "shape" in x) return { value: this.layers.endpoint(name, from.value) };
    if (name !== to?.endpoint || "shape" in x) return x;
    this.reached = x.value;
    return { shape: to.shapeOf(x.value) };
  }
}

/**
 * The cut of a network at an endpoint.
 * @throws {RangeError} that names the nearest endpoints if there is none of the name, or says that it is none to cut at
 */
export function cutAt(network: Network, declaration: NetworkDeclaration, endpoint: string): Cut {
  const names = endpointsOf(declaration);
  if (!names.includes(endpoint))
    throw new RangeError(
      `Cannot cut the network: expected an endpoint of it, such as ${quoteNearest(endpoint, names)}, got "${endpoint}"`,
    );
  const cut = tryCut(network, declaration, endpoint);
  if (cut !== undefined) return cut;
  throw new RangeError(
    `Cannot cut the network at "${endpoint}": expected an endpoint from which alone all later layers take, got one beside which others go on, as inside of a residual unit; take the unit's or the block's`,
  );
}

/** The last cut of a network for which a test holds, or undefined. */
export function deepestCut(
  network: Network,
  declaration: NetworkDeclaration,
  test: (cut: Cut) => boolean,
): Cut | undefined {
  for (const endpoint of endpointsOf(declaration).reverse()) {
    const cut = tryCut(network, declaration, endpoint);
    if (cut !== undefined && test(cut)) return cut;
  }
  return undefined;
}

function endpointsOf({ endpoints }: NetworkDeclaration): string[] {
  return endpoints.map(({ name }) => name);
}

function tryCut(network: Network, declaration: NetworkDeclaration, endpoint: string): Cut | undefined {
  const { input, endpoints } = declaration;
  const shape = endpoints.find(({ name }) => name === endpoint)?.shape;
  if (shape === undefined) return undefined;
  const layers = new PartLayers<ImageShape>(new DeclaredLayers(), { from: { endpoint, value: shape } });
  const result = network<Place<ImageShape>>(layers, { shape: input });
  if (layers.isMixed || "shape" in result) return undefined;
  const { variables, isRandom, endpoints: passed } = layers.passed;
  const hasAux = passed.some(({ name }) => name === AUX_LOGITS);
  return { endpoint, shape, variables: variables.map(({ name }) => name), isRandom, hasAux };
}
