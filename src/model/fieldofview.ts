/** Which pixels of an image a cell of an endpoint looks at. */
import { quoteNearest } from "../tensorflow";
import { DeclaredLayers, type ImageShape } from "./declare";
import type { ConvolutionLayer, DepthwiseLayer, Layers, PoolLayer, WindowLayer } from "./layers";
import { windowSides, type Window } from "./window";

/** What the cells of an endpoint look at, in pixels of the images; pixel i has its middle at i. */
export interface FieldOfView {
  /** The endpoint's [height, width]. */
  readonly cells: readonly [height: number, width: number];
  /** From the middle of one cell's field to the next one's. */
  readonly stride: number;
  /** The middle of the first cell's field, which may lie outside of the image. */
  readonly start: readonly [y: number, x: number];
  /** A field's side, the longer one; where it goes beyond the image, there is nothing to see. */
  readonly size: number;
}

/** The field of the first cell, along both sides from its first pixel to its last. */
interface Field {
  readonly shape: ImageShape;
  readonly stride: number;
  readonly first: readonly [y: number, x: number];
  readonly last: readonly [y: number, x: number];
}

/**
 * The field of view of an endpoint's cells, for images of that size.
 *
 * A strided layer with as much padding before as behind looks around pixel stride · i, so that the middle of its fields is up and left
 * of where the cells lie when they are spread evenly over the image. TensorFlow's "same" padding depends on the size.
 * @param endpoint  or the scope of a layer within, which is no endpoint
 * @see Araujo et al. 2019, "Computing Receptive Fields of Convolutional Neural Networks" (Distill)
 * @throws {RangeError} that names the nearest endpoints if there is none of the name
 */
export function fieldOfView(
  network: (layers: Layers<Field>, images: Field) => Field,
  [height, width]: readonly [height: number, width: number],
  endpoint: string,
): FieldOfView {
  const layers = new FieldLayers();
  network(layers, { shape: [1, height, width, 3], stride: 1, first: [0, 0], last: [0, 0] });
  const field = layers.endpoints.get(endpoint) ?? layers.scopes.get(endpoint);
  if (field !== undefined) return viewOf(field);
  throw new RangeError(
    `Cannot tell a field of view: expected an endpoint, such as ${quoteNearest(endpoint, [...layers.endpoints.keys()])}, got "${endpoint}"`,
  );
}

function viewOf({ shape: [, height, width], stride, first, last }: Field): FieldOfView {
  return {
    ...{ cells: [height, width], stride, size: Math.max(last[0] - first[0], last[1] - first[1]) + 1 },
    start: [(first[0] + last[0]) / 2, (first[1] + last[1]) / 2],
  };
}

class FieldLayers implements Layers<Field> {
  readonly endpoints = new Map<string, Field>();
  /** Of layers, by their scopes. */
  readonly scopes = new Map<string, Field>();
  private readonly shapes = new DeclaredLayers();

  channels({ shape }: Field): number {
    return this.shapes.channels(shape);
  }

  sides({ shape }: Field): readonly [height: number, width: number] {
    return this.shapes.sides(shape);
  }

  convolution(x: Field, layer: ConvolutionLayer): Field {
    return this.convolved(slide(x, this.shapes.convolution(x.shape, layer), layer), layer);
  }

  depthwise(x: Field, layer: DepthwiseLayer): Field {
    return this.convolved(slide(x, this.shapes.depthwise(x.shape, layer), layer), layer);
  }

  batchNorm(x: Field, scope: string): Field {
    return this.endpoint(scope, x);
  }

  layerNorm(x: Field): Field {
    return x;
  }

  channelScale(x: Field): Field {
    return x;
  }

  activation(x: Field): Field {
    return x;
  }

  pool(x: Field, layer: PoolLayer): Field {
    const { size: kernel, stride, padding = "same" } = layer;
    return slide(x, this.shapes.pool(x.shape, layer), { kernel, padding, ...(stride && { stride }) });
  }

  subsample(x: Field, stride: number): Field {
    return slide(x, this.shapes.subsample(x.shape, stride), { kernel: 1, stride });
  }

  join(shortcut: Field, residual: Field): Field {
    return { ...residual, ...unionOf(shortcut, residual) };
  }

  addScaled(x: Field, y: Field): Field {
    return this.join(x, y);
  }

  /** Through its gates it sees all of the image, but where it looks is where it looked before. */
  gate(x: Field): Field {
    return x;
  }

  concat(parts: readonly Field[]): Field {
    const fields = parts.reduce((all, part) => ({ ...part, ...unionOf(all, part) }));
    return { ...fields, shape: this.shapes.concat(parts.map(({ shape }) => shape)) };
  }

  globalPool(x: Field): Field {
    const [, height, width] = x.shape;
    const [y, wide] = [x.stride * (height - 1), x.stride * (width - 1)];
    return { ...x, shape: this.shapes.globalPool(x.shape), last: [x.last[0] + y, x.last[1] + wide] };
  }

  /** Of parts that are not all alike, the first's field, moved by how far they are apart on average. */
  adaptivePool(x: Field, size: number): Field {
    const [, height, width] = x.shape;
    const [y, wide] = [height, width].map((side) => x.stride * (Math.ceil(side / size) - 1));
    const last = [x.last[0] + (y ?? 0), x.last[1] + (wide ?? 0)] as const;
    return { ...x, shape: this.shapes.adaptivePool(x.shape, size), stride: (x.stride * height) / size, last };
  }

  dropout(x: Field): Field {
    return x;
  }

  softmax(x: Field): Field {
    return x;
  }

  unit<T>(work: () => T): T {
    return work();
  }

  endpoint(name: string, x: Field): Field {
    this.endpoints.set(name, x);
    return x;
  }

  private convolved(x: Field, { scope, endpoint = scope }: WindowLayer): Field {
    this.scopes.set(scope, x);
    return endpoint === null ? x : this.endpoint(endpoint, x);
  }
}

/** What either of two fields sees. */
function unionOf(a: Field, b: Field): Pick<Field, "first" | "last"> {
  return {
    first: [Math.min(a.first[0], b.first[0]), Math.min(a.first[1], b.first[1])],
    last: [Math.max(a.last[0], b.last[0]), Math.max(a.last[1], b.last[1])],
  };
}

/** What is seen through a window that slides over what is seen already. */
function slide({ shape: before, stride, first, last }: Field, shape: ImageShape, window: Window): Field {
  const sides = windowSides([before[1], before[2]], window);
  const begin = (i: 0 | 1): number => first[i] - stride * sides[i].before;
  const end = (i: 0 | 1): number => last[i] + stride * (sides[i].extent - 1 - sides[i].before);
  const step = stride * (window.stride ?? 1);
  return { shape, stride: step, first: [begin(0), begin(1)], last: [end(0), end(1)] };
}
