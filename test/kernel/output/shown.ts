import { PNG } from "pngjs";
import { pictureOf } from "../../../kernel/output/display";
import { NotebookScreen } from "../../../kernel/output/notebook";

const screen = new NotebookScreen();

/** What a cell with this value shows, by type. */
export async function shown(value: unknown): Promise<Readonly<Record<string, unknown>>> {
  return (await pictureOf(value, screen)).data;
}

export async function html(value: unknown): Promise<string> {
  return String((await shown(value))["text/html"]);
}

/** The text of each cell of a table, by row. */
export async function cells(value: unknown): Promise<string[][]> {
  const rows = (await html(value)).split("<tr>").slice(1);
  return rows.map((row) =>
    row
      .split(/<t[hd][^>]*>/)
      .slice(1)
      .map((cell) => cell.replace(/<.*/s, "")),
  );
}

/** The notes below a drawing. */
export async function told(value: unknown): Promise<string[]> {
  return [...(await html(value)).matchAll(/<small[^>]*>([^<]*)/g)].map(([, text = ""]) => text);
}

/** The pixels of a drawing's PNG. */
export async function pixels(value: unknown): Promise<PNG> {
  return PNG.sync.read(Buffer.from(String((await shown(value))["image/png"]), "base64"));
}

export function pixel({ data, width }: PNG, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 4, (y * width + x + 1) * 4)];
}

export function pngOf(width: number, height: number): Buffer {
  const png = new PNG({ width, height });
  png.data.fill(128);
  return PNG.sync.write(png);
}
