import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MimeBundle } from "../session/api";

/** Says what of a bundle a terminal or a file is to show. */
export interface Presenter {
  present(bundle: MimeBundle): string;
}

export interface PresenterOptions {
  readonly colours: boolean;
  /** Makes a picture of a PNG; undefined if the terminal shows none. @default none */
  readonly image?: (png: Uint8Array) => string | undefined;
}

/** Bundles' pictures that a terminal can't show, by type: they are written to files. Base64 but for SVG. */
const pictures: readonly (readonly [type: string, extension: string])[] = [
  ["image/png", "png"],
  ["image/jpeg", "jpg"],
  ["image/gif", "gif"],
  ["image/webp", "webp"],
  ["application/pdf", "pdf"],
  ["image/svg+xml", "svg"],
];

const barWidth = 30;

/**
 * Shows bundles as text. Pictures are drawn where the terminal says that it can, else written to a file whose path is
 * shown; so are pages with scripts, such as Plotly's figures.
 */
export function createPresenter({ colours, image }: PresenterOptions): Presenter {
  const files = createFiles();
  let scripts = "";
  const present = (bundle: MimeBundle): string => {
    const html = textOf(bundle, "text/html");
    if (html !== undefined && isScriptOnly(html)) {
      scripts += `${html}\n`; // shared by the figures that follow
      return "";
    }
    const text = plainText(bundle, html, colours);
    const picture = pictureOf(bundle, files, image);
    if (picture !== undefined) return text === "" ? picture : `${text}\n${picture}`;
    if (html === undefined || !/<(script|svg|img|canvas|iframe)\b/.test(html)) return text;
    const path = files.write(`<!doctype html><meta charset="utf-8">\n${scripts}${html}`, "html");
    return `${text}\n${path}`.trimStart();
  };
  return { present };
}

function plainText(bundle: MimeBundle, html: string | undefined, colours: boolean): string {
  const plain =
    textOf(bundle, "text/plain") ?? textOf(bundle, "text/markdown") ?? textOf(bundle, "text/latex");
  const text =
    plain ?? (html === undefined ? undefined : textOfHtml(html)) ?? `[${Object.keys(bundle).join(", ")}]`;
  const shown = colours ? text : withoutColours(text);
  const bar = html === undefined ? undefined : progressOf(html);
  return bar === undefined ? shown : `${shown}  ${bar}`;
}

function pictureOf(bundle: MimeBundle, files: Files, image: PresenterOptions["image"]): string | undefined {
  for (const [type, extension] of pictures) {
    const data = textOf(bundle, type);
    if (data === undefined) continue;
    const bytes = Buffer.from(data, extension === "svg" ? "utf8" : "base64");
    try {
      const drawn = extension === "png" ? image?.(bytes) : undefined;
      if (drawn !== undefined) return drawn;
    } catch {
      // not a PNG after all: whoever opens the file will be told more
    }
    return files.write(bytes, extension);
  }
  return undefined;
}

/** The text of a type, which notebooks may also hold as lines. */
function textOf(bundle: MimeBundle, type: string): string | undefined {
  const data: unknown = bundle[type];
  if (typeof data === "string") return data;
  return Array.isArray(data) ? data.join("") : undefined;
}

function isScriptOnly(html: string): boolean {
  return /^\s*<script\b[^>]*>(?:(?!<\/script>)[^])*<\/script>\s*$/.test(html);
}

/** HTML's own progress element as a bar. */
function progressOf(html: string): string | undefined {
  const [element] = /<progress\b[^>]*>/.exec(html) ?? [];
  const [max, value] = ["max", "value"].map((name) =>
    Number(new RegExp(`\\b${name}="([\\d.]+)"`).exec(element ?? "")?.[1]),
  );
  if (max === undefined || value === undefined || !(max > 0) || !(value >= 0)) return undefined;
  const filled = Math.round(Math.min(1, value / max) * barWidth);
  return `▕${"█".repeat(filled)}${"░".repeat(barWidth - filled)}▏`;
}

function textOfHtml(html: string): string {
  return html
    .replace(/<(script|style)\b[^]*?<\/\1>/g, "")
    .replace(/<br\s*\/?>|<\/(p|div|tr|li|h\d)>/g, "\n")
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .trim();
}

interface Files {
  /** Writes a new file into a temporary folder that stays. @returns its path */
  write(content: string | Uint8Array, extension: string): string;
}

function createFiles(): Files {
  let folder: string | undefined;
  let count = 0;
  return {
    write: (content, extension) => {
      folder ??= mkdtempSync(join(tmpdir(), "slimlab-output-"));
      const path = join(folder, `${++count}.${extension}`);
      writeFileSync(path, content);
      return path;
    },
  };
}

/** A text without its SGR sequences. */
export function withoutColours(text: string): string {
  return text.replace(/\x1b\[[\d;]*m/g, "");
}
