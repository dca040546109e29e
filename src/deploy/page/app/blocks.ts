/** Numbers of a photo's pixels, part by part: of a large one never all at once. */

/** Pixels of the photo that are taken at once. */
const BLOCK = 1 << 20;

/** What is drawn from, upright. */
export interface Source {
  readonly image: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

/** Columns of a photo, of which rows are read. */
export class Strip {
  /** Rows that are read at once, at most; one at least. */
  readonly rowsAtOnce: number;
  private readonly canvas = document.createElement("canvas");

  /** @param left  its first column @param width  how many */
  constructor(
    private readonly image: CanvasImageSource,
    private readonly left: number,
    private readonly width: number,
  ) {
    this.canvas.width = width;
    this.rowsAtOnce = Math.max(1, Math.floor(BLOCK / width));
  }

  /** @returns RGBA, row by row @throws {Error} if there is no memory for them */
  rows(top: number, count: number): Uint8ClampedArray {
    const { canvas, image, left, width } = this;
    canvas.height = count;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null)
      throw new Error("Cannot read a photo: expected a canvas, got none; is memory short?");
    context.imageSmoothingEnabled = false;
    context.drawImage(image, left, top, width, count, 0, 0, width, count);
    return context.getImageData(0, 0, width, count).data;
  }
}
