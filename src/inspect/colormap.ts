/** How heat becomes colour. */
import { tf } from "../tensorflow";

/**
 * "turbo" from blue over green to red, each step of which looks alike; "viridis" from violet to yellow, also for eyes that tell red and
 * green badly, and in grey; "jet" as Grad-CAM papers do; "gray" from black to white.
 * @see Mikhailov 2019, "Turbo, An Improved Rainbow Colormap for Visualization"; viridis by van der Walt, Smith, Firing (CC0). The numbers of
 *   both are matplotlib 3.11's, every fifth, between which it is linear: to one level of 255.
 */
export type Colormap = "turbo" | "viridis" | "jet" | "gray";

/** Heat, 0…1, and its colour, "#rrggbb"; between two it is linear. */
type Stop = readonly [heat: number, color: string];

const STOPS: Readonly<Record<Colormap, readonly Stop[]>> = {
  turbo: everyFifth(
    "30123b36215f3b2f803f3e9c424bb54559cb4666dd4773eb4680f6458cfd4099ff38a5fb2fb2f4" +
    "27bee91fc9dd1ad4d018ddc21ae4b622ebaa2ff19b3ff68a52fa7a65fd6979fe598bff4b9cfe40" +
    "a9fb39b7f735c3f134d0ea34dbe236e5d938eecf3af5c53afaba39fdae35fea130fe932afc8423" +
    "f9751df46617ef5811e84b0ce14109d83706ce2d04c32503b71d02a916019b0f018b09027a0403",
  ),
  viridis: everyFifth(
    "44015446085c471063481769481d6f482475472a7a46307e453781433d844142873f48893d4e8a" +
    "3a538b38598c355e8d33638d31688e2e6d8e2c718e2a768e297b8e27808e25848e23898e218e8d" +
    "20928c1f978b1e9c891fa18821a58524aa8328ae802eb37c35b7793dbc7446c06f50c46a5ac864" +
    "65cb5e70cf577cd25089d54895d840a2da37b0dd2fbddf26cae11fd8e219e5e419f1e51dfde725",
  ),
  jet: [[0, "#000080"], [0.125, "#0000ff"], [0.375, "#00ffff"], [0.625, "#ffff00"], [0.875, "#ff0000"], [1, "#800000"]],
  gray: [[0, "#000000"], [1, "#ffffff"]],
}; // prettier-ignore

/** Levels of heat that have a colour of their own. */
const LEVELS = 4097;

function everyFifth(digits: string): readonly Stop[] {
  const colors = digits.match(/.{6}/g) ?? [];
  return colors.map((color, i) => [i / (colors.length - 1), `#${color}`]);
}

/**
 * The colours of heat from 0 to 1.
 * @throws {RangeError} if there is no such colour map, naming those there are
 */
export function stopsOf(colormap: Colormap): readonly Stop[] {
  if (Object.hasOwn(STOPS, colormap)) return STOPS[colormap];
  throw new RangeError(
    `Cannot colour heat: expected a colormap, one of ${Object.keys(STOPS).join(", ")}, got "${String(colormap)}"`,
  );
}

/** The same as CSS's linear-gradient() has it. */
export function cssStops(colormap: Colormap): string {
  return stopsOf(colormap).map(([heat, color]) => `${color} ${Number((100 * heat).toFixed(1))}%`).join(", "); // prettier-ignore
}

/**
 * Heat in colour.
 * @param heat  float32 [batch, height, width, 1], 0…1
 * @returns     float32 [batch, height, width, 3], RGB, 0…1; the caller disposes
 */
export function colorize(heat: tf.Tensor4D, colormap: Colormap): tf.Tensor4D {
  const stops = stopsOf(colormap);
  return tf.tidy(() => {
    const colors = Array.from({ length: LEVELS }, (_, level) => colorAt(level / (LEVELS - 1), stops));
    const levels = tf.clipByValue(heat, 0, 1).mul(LEVELS - 1).round().toInt().flatten(); // prettier-ignore
    const [batch, height, width] = heat.shape;
    return tf.gather(tf.tensor2d(colors), levels).reshape<tf.Tensor4D>([batch, height, width, 3]);
  });
}

function colorAt(heat: number, stops: readonly Stop[]): number[] {
  const above = Math.max(1, stops.findIndex(([place]) => place >= heat)); // prettier-ignore
  const [[from, first] = [0, ""], [to, last] = [1, ""]] = [stops[above - 1], stops[above]];
  const part = (heat - from) / (to - from);
  const [low, high] = [channelsOf(first), channelsOf(last)];
  return low.map((value, i) => value + ((high[i] ?? NaN) - value) * part);
}

/** 0…1 */
function channelsOf(color: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255);
}
