/** Which pixels of an image a cell of an endpoint looks at. */
import { quoteNearest } from "../tensorflow";
import { DeclaredLayers, type ImageShape } from "./declare";
import { fixedPadding, type ConvolutionLayer, type Layers } from "./layers";

/** What the cells of an endpoint look at, in pixels of the images; pixel i has its middle at i. */
export interface FieldOfView {
  /** The endpoint's [height, width]. */
  readonly cells: readonly [height: number, width: number];
  /** From the middle of one cell's field to the next one's. */
  readonly stride: number;
  /** The middle of the first cell's field, which may lie outside of the image. */
  readonly start: readonly [y: number, x: number];
  /** A field's side; where it goes beyond the image, there is nothing to see. */
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
  const field = layers.endpoints.get(endpoint);
  if (field !== undefined) return viewOf(field);
  throw new RangeError(
    `Cannot tell a field of view: expected an endpoint, such as ${quoteNearest(endpoint, [...layers.endpoints.keys()])}, got "${endpoint}"`,
  );
}

function viewOf({ shape: [, height, width], stride, first, last }: Field): FieldOfView {
  return {
    ...{ cells: [height, width], stride, size: last[0] - first[0] + 1 },
    start: [(first[0] + last[0]) / 2, (first[1] + last[1]) / 2],
  };
}

class FieldLayers implements Layers<Field> {
  readonly endpoints = new Map<string, Field>();
  private readonly shapes = new DeclaredLayers();

  channels({ shape }: Field): number {
    return this.shapes.channels(shape);
  }

  convolution(x: Field, layer: ConvolutionLayer): Field {
    const { scope, kernel = 1, stride = 1, rate = 1 } = layer;
    const extent = (kernel - 1) * rate + 1;
    const [before] = fixedPadding(kernel, rate);
    const shape = this.shapes.convolution(x.shape, layer);
    return this.endpoint(scope, slide(x, shape, { extent, stride, before: [before, before] }));
  }

  batchNorm(x: Field, scope: string): Field {
    return this.endpoint(scope, x);
  }

  rootPool(x: Field, padding: "same" | "centred"): Field {
    const [, height, width] = x.shape;
    const of = (side: number): number => (padding === "centred" || side % 2 === 1 ? 1 : 0);
    return slide(x, this.shapes.rootPool(x.shape), { extent: 3, stride: 2, before: [of(height), of(width)] });
  }

  subsample(x: Field, factor: number): Field {
    return slide(x, this.shapes.subsample(x.shape, factor), { extent: 1, stride: factor, before: [0, 0] });
  }

  join(shortcut: Field, residual: Field): Field {
    const [a, b] = [shortcut, residual];
    const first = [Math.min(a.first[0], b.first[0]), Math.min(a.first[1], b.first[1])] as const;
    const last = [Math.max(a.last[0], b.last[0]), Math.max(a.last[1], b.last[1])] as const;
    return { ...residual, first, last };
  }

  globalPool(x: Field): Field {
    const [, height, width] = x.shape;
    const [y, wide] = [x.stride * (height - 1), x.stride * (width - 1)];
    return { ...x, shape: this.shapes.globalPool(x.shape), last: [x.last[0] + y, x.last[1] + wide] };
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
}

/** What is seen through a window that slides over what is seen already. */
function slide(
  { stride, first, last }: Field,
  shape: ImageShape,
  window: {
    readonly extent: number;
    readonly stride: number;
    readonly before: readonly [y: number, x: number];
  },
): Field {
  const { extent, before } = window;
  const begin = (i: 0 | 1): number => first[i] - stride * before[i];
  const end = (i: 0 | 1): number => last[i] + stride * (extent - 1 - before[i]);
  return { shape, stride: stride * window.stride, first: [begin(0), begin(1)], last: [end(0), end(1)] };
}
