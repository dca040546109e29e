/** What of Plotly's figures can be drawn here: one with more than that gets no picture rather than a wrong one. */
import { attributesOf, listOf, textOr, type Attributes } from "./read";
import type { PlotlySpec } from "../plotly";

/** What is drawn, and what is seen on a page alone. */
const TRACE = new Set("type mode name x y z line marker text textposition hovertemplate hoverinfo hovertext hoverlabel customdata meta uid visible showlegend legendgroup legendrank xaxis yaxis width colorscale zmin zmax showscale connectgaps cliponaxis zsmooth xgap ygap".split(" ")); // prettier-ignore
const LAYOUT = new Set("title height width margin showlegend legend hovermode hoverlabel dragmode annotations shapes font template uirevision bargap modebar paper_bgcolor plot_bgcolor colorway meta".split(" ")); // prettier-ignore

/** Whether all of a figure can be drawn. */
export function isKnown({ data, layout }: PlotlySpec): boolean {
  const isAxis = (name: string): boolean => /^[xy]axis\d*$/.test(name);
  const names = Object.keys(layout).filter((name) => !isAxis(name));
  if (names.some((name) => !LAYOUT.has(name)) || data.length === 0) return false;
  if (data.filter(({ type }) => type === "bar").length > 1) return false; // beside each other, or on top
  const axes = Object.keys(layout).filter(isAxis);
  if (axes.some((name) => /^xaxis\d/.test(name) || attributesOf(layout[name])["type"] === "date"))
    return false;
  if (!listOf(layout["shapes"]).every((shape) => attributesOf(shape)["type"] === "line")) return false;
  if (!listOf(layout["annotations"]).every((one) => attributesOf(one)["showarrow"] === false)) return false;
  return data.every(isKnownTrace);
}

function isKnownTrace(trace: Attributes): boolean {
  if (Object.keys(trace).some((name) => !TRACE.has(name)) || trace["visible"] === false) return false;
  const isDate = [...listOf(trace["x"]), ...listOf(trace["y"])].some((value) => typeof value === "string" && /^\d{4}-\d\d/.test(value)); // prettier-ignore
  if (isDate) return false;
  if (trace["type"] === "scatter") return !textOr(trace["mode"], "").includes("text");
  if (trace["type"] === "bar") return trace["text"] === undefined || trace["textposition"] === "none";
  if (trace["type"] !== "heatmap") return false;
  const isHex = (stop: unknown): boolean => Array.isArray(stop) && /^#[0-9a-f]{6}$/i.test(String(stop[1]));
  const scale = listOf(trace["colorscale"]);
  return trace["showscale"] === false && scale.length > 1 && scale.every(isHex);
}
