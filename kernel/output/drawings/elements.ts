import type { MimeBundle } from "../bundle";
import { escapeHtml, note } from "../html";
import { drawPicture, untold } from "./bytes";
import { tooLarge, tooManyPixels } from "./limits";
import { call, isCount, member } from "./member";

/** A canvas, of the DOM or of a package that has canvases alone: what is on it. */
export function drawCanvas(value: object): MimeBundle | Promise<MimeBundle | undefined> | undefined {
  if (typeof member(value, "toDataURL") !== "function") return undefined;
  const [width, height] = [member(value, "width"), member(value, "height")];
  if (isCount(width) && isCount(height)) {
    const unseen = tooManyPixels("Canvas", width, height);
    if (unseen !== undefined) return untold(value, unseen);
  }
  const url = call(value, "toDataURL");
  const draw = (url: unknown): MimeBundle | undefined => drawUrl(value, url);
  return url instanceof Promise ? url.then(draw) : draw(url);
}

/** Nothing where the DOM has canvases without a way to draw on them, such as jsdom's without the package canvas. */
function drawUrl(value: object, url: unknown): MimeBundle | undefined {
  if (typeof url !== "string") return undefined;
  const [, type, start = ""] = /^data:(image\/[\w.+-]+)(;base64,)/.exec(url) ?? [];
  const base64 = url.slice(url.indexOf(start) + start.length);
  if (type === undefined || base64 === "") return undefined;
  const unseen = tooLarge("Canvas", base64.length * 0.75);
  return unseen === undefined ? drawPicture(type, base64) : untold(value, unseen);
}

/** Of elements that stand in a frame, in pixels. */
const frameHeight = 240;

/** What a page runs or loads by itself; where a text only looks like it, nothing is lost but the theme's colours. */
const active =
  /<(script|iframe|frame|object|embed|portal|link|meta|base|form|html|head|body)\b|\bon[a-z]+\s*=|srcdoc|javascript:/i;
/** Characters that a DOM has read already; one that has not may hide what they say. */
const unread = /&(?!(amp|lt|gt|quot|nbsp|apos|#39|#x27);)/i;

/**
 * An element of a DOM: its HTML; of SVG also the picture alone. Elements that would run something, as those of a page that was
 * fetched do, stand in a frame of their own where nothing runs: the notebook's page can start programs.
 */
export function drawElement(value: object): MimeBundle | undefined {
  const html = member(value, "outerHTML");
  if (typeof html !== "string" || html === "") return undefined;
  const unseen = tooLarge("Element", Buffer.byteLength(html));
  if (unseen !== undefined) return untold(value, unseen);
  const isActive = [active, unread].some((sign) => sign.test(html)) || active.test(withoutGaps(html));
  if (isActive) return { "text/html": framed(html) };
  return /^<svg\b/.test(html) ? drawSvg(html) : { "text/html": html };
}

/** Browsers overlook tabs and ends of lines within an address. */
function withoutGaps(html: string): string {
  return html.replace(/[\t\n\r]/g, "");
}

/** In a notebook's page an SVG has the theme's text colour; as a file it needs its namespaces, which HTML leaves out. */
export function drawSvg(svg: string): MimeBundle {
  const [start = ""] = /^<svg\b[^>]*/.exec(svg) ?? [];
  const spaces = [
    ...(/\sxmlns=/.test(start) ? [] : [' xmlns="http://www.w3.org/2000/svg"']),
    ...(/\sxlink:/.test(svg) && !/\sxmlns:xlink=/.test(start)
      ? [' xmlns:xlink="http://www.w3.org/1999/xlink"']
      : []),
  ];
  return { "text/html": svg, "image/svg+xml": `<svg${spaces.join("")}${svg.slice("<svg".length)}` };
}

function framed(html: string): string {
  const frame = `<iframe sandbox="" srcdoc="${escapeHtml(html)}" style="width:100%;height:${frameHeight}px;border:0;background:white;resize:vertical"></iframe>`;
  return frame + note("Drawn apart, without its scripts and forms");
}
