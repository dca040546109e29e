/** Pixels, 4 bytes each: red, green, blue, opacity. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A colour's red, green and blue, 0…255. */
export type Colour = [red: number, green: number, blue: number];

/** Pixels in few colours. */
export interface Reduced extends Pixels {
  readonly palette: readonly Colour[];
}

/** As many colours as sixel terminals have registers for. */
const mostColours = 256;

/** How many shades of red, green and blue the fixed palette has: 252 colours, the eye tells greens apart best. */
const shades: Colour = [6, 7, 6];

/**
 * A picture in at most 256 colours: its own if it has no more, else those of a fixed palette, the error of each pixel
 * spread over its neighbours (Floyd and Steinberg 1976). Pixels less than half opaque become transparent.
 */
export function reduceColours({ width, height, data }: Pixels): Reduced {
  const own = coloursOf(data);
  if (own !== undefined) return { width, height, data: opaque(data), palette: own };
  return { width, height, data: dither(opaque(data), width, height), palette: fixedPalette() };
}

function coloursOf(data: Uint8Array): readonly Colour[] | undefined {
  const colours = new Map<number, Colour>();
  for (let i = 0; i < data.length; i += 4) {
    const [red = 0, green = 0, blue = 0, opacity = 0] = data.subarray(i, i + 4);
    if (opacity < 128) continue;
    colours.set((red << 16) | (green << 8) | blue, [red, green, blue]);
    if (colours.size > mostColours) return undefined;
  }
  return colours.size === 0 ? [[0, 0, 0]] : [...colours.values()];
}

function opaque(data: Uint8Array): Uint8Array {
  return data.map((value, i) => (i % 4 === 3 ? (value < 128 ? 0 : 255) : value));
}

function fixedPalette(): readonly Colour[] {
  const [reds, greens, blues] = shades;
  return Array.from({ length: reds * greens * blues }, (_, i) => [
    shade(Math.floor(i / (greens * blues)), reds),
    shade(Math.floor(i / blues) % greens, greens),
    shade(i % blues, blues),
  ]);
}

function shade(i: number, count: number): number {
  return Math.round((i * 255) / (count - 1));
}

function dither(data: Uint8Array, width: number, height: number): Uint8Array {
  const result = data.slice();
  for (const [channel, count] of shades.entries()) {
    let below = new Float32Array(width + 2); // the errors for the next row, a column of margin on either side
    for (let y = 0; y < height; y++) {
      const errors = below;
      below = new Float32Array(width + 2);
      for (let x = 0; x < width; x++) {
        const at = (y * width + x) * 4 + channel;
        const wanted = Math.min(255, Math.max(0, (data[at] ?? 0) + (errors[x + 1] ?? 0)));
        const chosen = shade(Math.round((wanted * (count - 1)) / 255), count);
        const error = wanted - chosen;
        result[at] = chosen;
        errors[x + 2] = (errors[x + 2] ?? 0) + (error * 7) / 16;
        below[x] = (below[x] ?? 0) + (error * 3) / 16;
        below[x + 1] = (below[x + 1] ?? 0) + (error * 5) / 16;
        below[x + 2] = (below[x + 2] ?? 0) + error / 16;
      }
    }
  }
  return result;
}
