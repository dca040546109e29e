/** How values are drawn that have no way of their own: the kinds, in the order in which they are tried. */
import { types } from "node:util";
import type { MimeBundle } from "../bundle";
import { isRevoked } from "../method";
import { drawBytes, untold } from "./bytes";
import { drawChart } from "./charts";
import { drawCanvas, drawElement } from "./elements";
import { drawImageData, drawNumbers, drawTensor } from "./numbers";
import { drawTable } from "./table";

const kinds: readonly ((value: object) => MimeBundle | Promise<MimeBundle | undefined> | undefined)[] = [
  drawBytes,
  drawNumbers,
  drawTable,
  drawTensor,
  drawCanvas,
  drawElement,
  drawChart,
  drawImageData,
];

/**
 * What a value shows besides its text, by what it is or can do: pictures' bytes, canvases, elements, charts, tensors, records.
 * A value that fails at it is shown as text, with the reason.
 * @returns undefined if there is nothing but text; a promise where the value makes its picture later
 */
export function drawingOf(value: unknown): MimeBundle | Promise<MimeBundle | undefined> | undefined {
  if (typeof value !== "object" || value === null || isRevoked(value)) return undefined;
  try {
    for (const kind of kinds) {
      const drawing = kind(value);
      if (drawing instanceof Promise)
        return drawing.catch((error: unknown) => untold(value, reasonOf(error)));
      if (drawing !== undefined) return drawing;
    }
    return undefined;
  } catch (error) {
    return untold(value, reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  const reason = types.isNativeError(error) ? error.message : "its own code failed";
  return `Not drawn: ${reason}`;
}
