import type { MimeBundle } from "../bundle";
import { untold } from "./bytes";
import { drawSvg } from "./elements";
import { tooLarge } from "./limits";
import { call, hasMethods, member } from "./member";

const schema = /^https?:\/\/vega\.github\.io\/schema\/(vega|vega-lite)\/v(\d+)(?:\.\d+)*\.json$/;
/** The newest of Vega's and Vega-Lite's that JupyterLab 4 draws; it takes what is newer, and says so in its console. */
const drawnByLab = 5;

/** A specification of Vega or Vega-Lite, or what gives one (`toSpec()`): the chart, for front ends that draw it; a view of Vega. */
export function drawChart(value: object): MimeBundle | Promise<MimeBundle | undefined> | undefined {
  if (hasMethods(value, "toSVG", "toImageURL", "runAsync")) return drawView(value);
  const spec = typeof member(value, "toSpec") === "function" ? call(value, "toSpec") : value;
  if (typeof spec !== "object" || spec === null) return undefined;
  const url = member(spec, "$schema");
  const [, language, version = ""] = (typeof url === "string" && schema.exec(url)) || [];
  if (language === undefined) return undefined;
  const json = JSON.stringify(spec); // as a message can hold it: functions are left out, circles thrown
  const unseen = tooLarge("Chart", Buffer.byteLength(json));
  if (unseen !== undefined) return untold(value, unseen);
  const content: unknown = JSON.parse(json);
  const name = language === "vega" ? "vega" : "vegalite";
  const versions = new Set([Number(version), Math.min(Number(version), drawnByLab)]);
  return Object.fromEntries(
    [...versions].map((version) => [`application/vnd.${name}.v${version}+json`, content]),
  );
}

async function drawView(view: object): Promise<MimeBundle | undefined> {
  const svg: unknown = await call(view, "toSVG");
  if (typeof svg !== "string") return undefined;
  const unseen = tooLarge("Chart", Buffer.byteLength(svg));
  return unseen === undefined ? drawSvg(svg) : untold(view, unseen);
}
