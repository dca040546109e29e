/** How a window moves over an image. */

/**
 * What is added around an image. "same" and "valid" are TensorFlow's; "fixed" adds what the kernel alone asks for, whatever the
 * image's size, as TF-Slim's conv2d_same; a number adds that many pixels on each side, as torch does; two numbers so many at the top
 * and left, and at the bottom and right.
 */
export type Padding = "same" | "valid" | "fixed" | number | readonly [before: number, after: number];

/** A moving window. */
export interface Window {
  readonly kernel?: number | readonly [height: number, width: number];
  readonly stride?: number;
  readonly rate?: number;
  readonly padding?: Padding;
}

/** How a window moves along one side of an image. */
export interface WindowSide {
  /** Pixels from its first to its last. */
  readonly extent: number;
  /** Pixels added before the first, and after the last. */
  readonly before: number;
  readonly after: number;
  /** How many places it has. */
  readonly places: number;
}

/** Height and width of a kernel. */
export function kernelSides({ kernel = 1 }: Window): readonly [height: number, width: number] {
  return typeof kernel === "number" ? [kernel, kernel] : kernel;
}

/** That an image is smaller than a window. */
export class WindowError extends RangeError {}

/** How a window moves along both sides of an image. @throws {WindowError} if the image is smaller than the window */
export function windowSides(
  [height, width]: readonly [height: number, width: number],
  window: Window,
): readonly [y: WindowSide, x: WindowSide] {
  const [high, wide] = kernelSides(window);
  return [windowSide(height, high, window), windowSide(width, wide, window)];
}

function windowSide(size: number, kernel: number, window: Window): WindowSide {
  const { stride = 1, rate = 1, padding = "fixed" } = window;
  const extent = (kernel - 1) * rate + 1;
  const [before, after] = paddedBy({ size, extent, stride }, padding);
  const places = Math.floor((size + before + after - extent) / stride) + 1;
  if (places > 0) return { extent, before, after, places };
  throw new WindowError(
    `Cannot build the network: expected an image of which ${extent} pixels are left at each layer, got ${size}; take larger images`,
  );
}

function paddedBy(
  { size, extent, stride }: { readonly size: number; readonly extent: number; readonly stride: number },
  padding: Padding,
): readonly [before: number, after: number] {
  if (typeof padding === "number") return [padding, padding];
  if (typeof padding === "object") return padding;
  if (padding === "valid") return [0, 0];
  const places = Math.ceil(size / stride);
  const total = padding === "fixed" ? extent - 1 : Math.max((places - 1) * stride + extent - size, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/**
 * The padding as operations take it: TensorFlow's own, or in pixels before and after both sides.
 * @param isInner  whether the window's own pixels count alone, so that a symmetric padding may be "same"
 * @throws {TypeError} if height and width want another
 */
export function windowPadding(
  window: Window,
  isInner = true,
): "same" | "valid" | readonly [before: number, after: number] {
  const { stride = 1, rate = 1, padding = "fixed" } = window;
  if (typeof padding === "object" || padding === "same" || padding === "valid") return padding;
  const [high, wide] = kernelSides(window).map((side) => (side - 1) * rate);
  if (padding === 0) return "valid";
  const isSame = stride === 1 && (padding === "fixed" || (2 * padding === high && high === wide));
  if ((isSame && isInner) || (padding === "fixed" && high === 0 && wide === 0)) return "same";
  if (typeof padding === "number") return [padding, padding];
  if (high !== wide)
    throw new TypeError(
      `Cannot pad an image: expected a square kernel with stride ${stride}, got one of ${kernelSides(window).join(" x ")}`,
    );
  return [Math.floor((high ?? 0) / 2), (high ?? 0) - Math.floor((high ?? 0) / 2)];
}
