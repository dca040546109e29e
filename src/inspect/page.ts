/** What draws figures on a page, in the page's own colours: JavaScript that comes with plotly.js, once for all figures. */
import type { Json } from "../display/bundle";
import { scriptJson } from "../display/html";
import { DARK, GRID, INK, MUTED, GROUND, SERIES } from "./palette";

const axis: JsonObject = {
  gridcolor: GRID.light,
  zerolinecolor: GRID.light,
  linecolor: MUTED.light,
  tickcolor: MUTED.light,
};

/** Of a layout. */
type JsonObject = Readonly<Record<string, Json>>;

/** What figures look like unless they say otherwise, in the colours for light pages. */
const template: JsonObject = {
  layout: {
    colorway: SERIES.map(({ light }) => light),
    font: { color: INK.light, size: 13 },
    title: { font: { size: 15 } },
    xaxis: axis,
    yaxis: axis,
    hoverlabel: { bgcolor: GROUND.light, bordercolor: MUTED.light, font: { color: INK.light } },
  },
};

/** What the layouts of figures have unless they set it themselves. */
export const STANDARD: JsonObject = { template };
/** The page's own ground. */
const BARE: JsonObject = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" };

/**
 * Defines `window.slimlabDraw(place, spec)`. It draws on the page's ground; light text says that this is dark, whatever sets the theme
 * (JupyterLab's, VS Code's, the system's where the page follows it), and when a theme may have changed it looks again. Figures that set
 * a ground or a template of their own keep their colours.
 */
export const pageScript = `window.slimlabDraw = ((dark, standard) => {
  const figures = new Map();
  const isDark = (place) => {
    const [r, g, b] = getComputedStyle(place).color.match(/[\\d.]+/g).map(Number);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 127;
  };
  const recolor = (value) => {
    if (typeof value === "string") return dark[value] ?? value;
    if (Array.isArray(value)) return typeof value.at(-1) === "number" ? value : value.map(recolor);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, recolor(one)]));
  };
  const draw = (place, figure) => {
    const now = !figure.own && isDark(place);
    if (figure.dark === now) return;
    figure.dark = now;
    const layout = figure.own ? figure.spec.layout : { ...standard, ...figure.spec.layout };
    const given = structuredClone({ data: figure.spec.data, layout });
    const spec = now ? recolor(given) : given;
    window.Plotly.react(place, spec.data, spec.layout, { responsive: true, displaylogo: false });
  };
  const look = () => {
    for (const [place, figure] of figures) {
      if (!place.isConnected) figures.delete(place);
      else draw(place, figure);
    }
  };
  const lookSoon = () => [0, 300, 1500].forEach((wait) => setTimeout(look, wait)); // a theme's styles come after its name
  const watcher = new MutationObserver(lookSoon);
  for (const element of [document.documentElement, document.body])
    if (element) watcher.observe(element, { attributes: true, attributeFilter: ["class", "style", "data-theme", "data-jp-theme-name", "data-vscode-theme-kind"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", lookSoon);
  return (place, spec) => {
    for (const other of figures.keys()) if (!other.isConnected) figures.delete(other);
    const own = ["paper_bgcolor", "plot_bgcolor", "template"].some((name) => name in spec.layout);
    const figure = { spec, own };
    figures.set(place, figure);
    draw(place, figure);
  };
})(${scriptJson(DARK)}, ${scriptJson({ ...STANDARD, ...BARE })});`;
