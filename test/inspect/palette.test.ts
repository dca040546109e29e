import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DARK,
  GROUND,
  INK,
  MUTED,
  RIGHT,
  SEQUENTIAL,
  SERIES,
  WRONG,
  channelsOf,
  cssColor,
  seriesColor,
  textOn,
} from "../../src/inspect/palette";

const PAGES = { light: "#ffffff", dark: "#111111" } as const;
const PAGE_NAMES = ["light", "dark"] as const;

/** The relative luminance of 0…255 red, green and blue. @see https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(channels: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = channels.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: readonly number[], other: readonly number[]): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

for (const page of PAGE_NAMES) {
  const ground = channelsOf(PAGES[page]);
  test(`on a ${page} page text has a contrast of 4.5, and series have 3`, () => {
    for (const text of [INK, MUTED, RIGHT, WRONG])
      for (const under of [ground, channelsOf(GROUND[page])])
        assert.ok(contrast(channelsOf(text[page]), under) >= 4.5, text[page]);
    for (const line of SERIES) assert.ok(contrast(channelsOf(line[page]), ground) >= 3, line[page]);
  });

  test(`on a ${page} page no two series are as light as each other`, () => {
    const contrasts = SERIES.map((color) => contrast(channelsOf(color[page]), ground)).sort((a, b) => a - b);
    for (const [i, value] of contrasts.slice(1).entries())
      assert.ok(value / (contrasts[i] ?? 0) > 1.1, `${value} after ${contrasts[i]}`);
  });

  test(`on a ${page} page text is read on every colour of the scale`, () => {
    const colorOf = (light: string): readonly number[] =>
      channelsOf(page === "light" ? light : (DARK[light] ?? ""));
    for (let share = 0; share <= 1; share += 1 / 64) {
      const end = Math.max(1, SEQUENTIAL.findIndex(([at]) => at >= share)); // prettier-ignore
      const [[from, first], [to, second]] = [SEQUENTIAL[end - 1] ?? [0, ""], SEQUENTIAL[end] ?? [1, ""]];
      const part = (share - from) / (to - from);
      const [one, other] = [colorOf(first), colorOf(second)];
      const cell = one.map((channel, i) => channel + part * ((other[i] ?? 0) - channel));
      assert.ok(contrast(colorOf(textOn(share)), cell) >= 4.5, `at ${share}`);
    }
  });
}

test("each colour for light pages has one for dark pages, and two have none in common", () => {
  assert.equal(new Set(SERIES.map(({ light }) => light)).size, SERIES.length);
  for (const { light, dark } of [...SERIES, INK, MUTED, GROUND, RIGHT, WRONG])
    assert.equal(DARK[light], dark);
  assert.equal(seriesColor(SERIES.length), seriesColor(0));
});

test("cssColor() gives the colour for light pages under black text, the other under white", () => {
  const css = cssColor(SERIES[0] ?? INK);
  const terms = [...css.matchAll(/calc\((-?[\d.]+) \+ (-?[\d.]+)\*[rgb]\)/g)].map(([, from, by]) => [
    Number(from),
    Number(by),
  ]);
  assert.deepEqual(
    terms.map(([from]) => from),
    channelsOf(SERIES[0]?.light ?? ""),
  );
  assert.deepEqual(
    terms.map(([from = 0, by = 0]) => Math.round(from + 255 * by)),
    channelsOf(SERIES[0]?.dark ?? ""),
  );
});
