import { displayable, type Displayable, type MimeBundle } from "./bundle";
import { barHtml, escapeHtml } from "./html";
import { liveOutputs } from "./live";

/** A bar that fills up while a piece of work goes on. */
export interface ProgressBar extends Displayable {
  /** Takes what the library's `onProgress` gives: how much is done, and of how much if that is known; of 1: what part, told in percent. */
  readonly update: (progress: { readonly done: number; readonly total?: number | undefined }) => void;
}

const REFRESH_MS = 250;

/**
 * A progress bar with the time taken and the time to go.
 *
 * Display it, then hand its `update` to what works.
 * @example
 * const bar = progressBar("Writing records");
 * display(bar);
 * await writeRecords("photos", "records", { onProgress: bar.update });
 */
export function progressBar(title: string): ProgressBar {
  const startedAt = performance.now();
  let now: { readonly done: number; readonly total?: number | undefined } = { done: 0 };
  let seconds = 0;
  const draw = (): MimeBundle => {
    const text = `${title}: ${describe(now.done, now.total, seconds)}`;
    return {
      "text/html": `<div>${escapeHtml(text)}<br>${barHtml(now.done, now.total)}</div>`,
      "text/plain": text,
    };
  };
  const outputs = liveOutputs(draw, REFRESH_MS);
  const update: ProgressBar["update"] = (progress) => {
    now = progress;
    seconds = (performance.now() - startedAt) / 1000;
    if (progress.done === progress.total) outputs.redraw();
    else outputs.changed();
  };
  return displayable({ update }, (context) => {
    if (context !== undefined) outputs.follow(context);
    return draw();
  });
}

function describe(done: number, total: number | undefined, seconds: number): string {
  const taken = `${seconds.toFixed(1)} s`;
  if (total === undefined) return `${done}, ${taken}`;
  const part = total === 1 ? `${Math.floor(100 * done)} %` : `${done} of ${total}`;
  if (done >= total) return `${part}, ${taken}`;
  const toGo = done === 0 ? "" : `, about ${Math.ceil((seconds / done) * (total - done))} s to go`;
  return `${part}, ${taken}${toGo}`;
}
