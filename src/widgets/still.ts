import { stripVTControlCharacters } from "node:util";
import type { MimeBundle } from "../display/bundle";
import { escapeHtml } from "../display/html";
import type { CellOutput } from "./outputs";

/** Several things as one, below each other: a page, a text, and the last of their pictures. */
export function stack(bundles: readonly MimeBundle[]): MimeBundle {
  const [only, ...others] = bundles;
  if (only !== undefined && others.length === 0) return only;
  const picture = bundles.flatMap((bundle) => bundle["image/png"] ?? []).at(-1);
  return {
    ...(picture === undefined ? {} : { "image/png": picture }),
    "text/html": bundles.map(pageOf).join("\n"),
    "text/plain": bundles.map((bundle) => bundle["text/plain"]).join("\n"),
  };
}

/** What outputs show where no widgets are drawn. */
export function stillOfOutputs(outputs: readonly CellOutput[]): MimeBundle {
  return stack(outputs.map(bundleOfOutput));
}

function pageOf(bundle: MimeBundle): string {
  const { "text/html": html, "text/plain": text } = bundle;
  return typeof html === "string" ? html : `<div><small>${escapeHtml(text)}</small></div>`;
}

function bundleOfOutput(output: CellOutput): MimeBundle {
  const { data, text, ename, evalue } = output;
  if (isBundle(data)) return data;
  const printed = typeof text === "string" ? text : `${String(ename)}: ${String(evalue)}`;
  const plain = stripVTControlCharacters(printed);
  return { "text/html": `<pre>${escapeHtml(plain)}</pre>`, "text/plain": plain };
}

function isBundle(value: unknown): value is MimeBundle {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "text/plain") === "string";
}
