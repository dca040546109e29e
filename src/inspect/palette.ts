/**
 * The colours of all figures, for light pages and for dark ones. No one colour is read on both: text takes a contrast of 4.5, lines
 * one of 3, to white and to #111. Figures are given the colours for light pages; what draws them takes those for dark ones instead.
 * @see https://www.w3.org/TR/WCAG22/#contrast-minimum
 */

/** A colour, "#rrggbb", as it stands on a light page and on a dark one. */
export interface ThemedColor {
  readonly light: string;
  readonly dark: string;
}

/**
 * The colours of series in order, told apart by the colour-blind (the hues are near those of Okabe and Ito 2008) and, since no two are
 * as light as each other, in greyscale. The first two differ most.
 */
export const SERIES: readonly ThemedColor[] = [
  { light: "#015fa5", dark: "#3c95e8" }, // blue
  { light: "#d76f04", dark: "#fea362" }, // orange
  { light: "#064c36", dark: "#078762" }, // green
  { light: "#c93e8c", dark: "#fb6db8" }, // pink
  { light: "#48118e", dark: "#764dc6" }, // violet
  { light: "#118daa", dark: "#aaeafe" }, // sky
  { light: "#5e5202", dark: "#e0ce63" }, // olive
  { light: "#696969", dark: "#858585" }, // grey
];

/** Text, and lines that bound something. */
export const INK: ThemedColor = { light: "#1a1a1a", dark: "#ededed" };
/** Text that matters less, and lines that are no data: chance, a border. */
export const MUTED: ThemedColor = { light: "#5a5a5a", dark: "#a9a9a9" };
/** Lines behind the data. */
export const GRID: ThemedColor = { light: "#dcdcdc", dark: "#3d3d3d" };
/** What lies under text that is shown over the data. */
export const GROUND: ThemedColor = { light: "#fffffe", dark: "#111112" };
/** Text that says that something is right. */
export const RIGHT: ThemedColor = { light: "#137333", dark: "#5bd48a" };
/** Text that says that something is wrong. */
export const WRONG: ThemedColor = { light: "#b3261e", dark: "#ff8a80" };

/** From 0, near the page's own ground, to 1, far from it; in the middle, where textOn() changes, the same on both pages. */
const SCALE: readonly (ThemedColor & { readonly at: number })[] = [
  { at: 0, light: "#f2f6fc", dark: "#16202d" },
  { at: 0.5, light: "#3577c4", dark: "#3577c4" },
  { at: 1, light: "#0b2a57", dark: "#d3e6ff" },
];
/** Text on the lighter and on the darker half of the scale. White and black but for a step, so that a user's own stay what they are. */
const ON_SCALE: readonly [ThemedColor, ThemedColor] = [
  { light: "#010101", dark: "#fefefe" },
  { light: "#fefefe", dark: "#010101" },
];

/** A Plotly colorscale in one hue, which greyscale and the colour-blind see as well. */
export const SEQUENTIAL: readonly (readonly [number, string])[] = SCALE.map(({ at, light }) => [at, light]);

/** The colour of text on SEQUENTIAL at a share of 0…1. */
export function textOn(share: number): string {
  return ON_SCALE[share > 0.5 ? 1 : 0].light;
}

/** The colour of a series by its number, for a light page; they come again after the last. */
export function seriesColor(index: number): string {
  return SERIES[index % SERIES.length]?.light ?? INK.light;
}

const THEMED = [...SERIES, INK, MUTED, GRID, GROUND, RIGHT, WRONG, ...SCALE, ...ON_SCALE];

/** The colours for dark pages by those for light ones. */
export const DARK: Readonly<Record<string, string>> = Object.fromEntries(
  THEMED.map(({ light, dark }) => [light, dark]),
);

/**
 * A colour as CSS that follows the page: its own text says how light it is. Between the two colours in a straight line, as the text
 * is between black and white; browsers older than relative colours (2024) keep what is declared before.
 * @example  `color:${RIGHT.light};color:${cssColor(RIGHT)}`
 */
export function cssColor({ light, dark }: ThemedColor): string {
  const channels = (["r", "g", "b"] as const).map((channel, i) => {
    const [from, to] = [light, dark].map((color) => channelsOf(color)[i] ?? 0);
    return `calc(${from} + ${(((to ?? 0) - (from ?? 0)) / 255).toFixed(3)}*${channel})`;
  });
  return `rgb(from currentColor ${channels.join(" ")} / 1)`;
}

/** Red, green and blue of "#rrggbb", 0…255. */
export function channelsOf(color: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}
