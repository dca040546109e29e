import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { figure } from "../../src/inspect/figure";
import { SEQUENTIAL, SERIES } from "../../src/inspect/palette";
import { plotlyScript } from "../../src/inspect/plotly";
import { skip, startBrowser } from "../kernel/labserver";

const first = SERIES[0] ?? { light: "", dark: "" };
const context = {
  publish: () => undefined,
  publishOnce: () => undefined,
  update: () => undefined,
};
const html = (...given: Parameters<typeof figure>): string =>
  String(bundleOf(figure(...given), context)["text/html"]);

test(
  "figures follow the page's theme as it changes, but for those with a ground of their own",
  { skip },
  async () => {
    const line = { type: "scatter", x: [1, 2], y: [1, 2], line: { color: first.light } };
    const heat = { type: "heatmap", z: [[0, 1]], colorscale: SEQUENTIAL };
    const bodies = [html([line]), html([line], { paper_bgcolor: "#ffffff" }), html([heat])];
    const browser = await startBrowser();
    try {
      const page = await browser.newPage();
      await page.setContent(
        `<style>.dark{background:#111;color:#eee}</style><body>${plotlyScript()["text/html"]}${bodies.join("")}</body>`,
      );
      const looks = (): Promise<unknown> =>
        page.evaluate(`[...document.querySelectorAll(".js-plotly-plot")].map(({ data, layout, _fullLayout }) =>
        [data[0].line?.color ?? data[0].colorscale[0][1], layout.paper_bgcolor, _fullLayout.font.color])`);
      const all = `document.querySelectorAll(".main-svg").length >= 6`;
      await page.waitForFunction(all);
      const clear = "rgba(0,0,0,0)";
      const own = [first.light, "#ffffff", "#444"];
      assert.deepEqual(await looks(), [[first.light, clear, "#1a1a1a"], own, ["#f2f6fc", clear, "#1a1a1a"]]);
      await page.evaluate(`document.body.className = "dark"`);
      await page.waitForFunction(
        `document.querySelector(".js-plotly-plot").data[0].line.color === "${first.dark}"`,
      );
      assert.deepEqual(await looks(), [[first.dark, clear, "#ededed"], own, ["#16202d", clear, "#ededed"]]);
    } finally {
      await browser.close();
    }
  },
);
