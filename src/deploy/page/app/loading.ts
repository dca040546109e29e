/** What is told while the model comes. */
import type { Progress } from "./download.js";
import { element } from "./elements.js";

const box = element("loading", HTMLDivElement);
const bar = element("progress", HTMLProgressElement);
const status = element("status", HTMLParagraphElement);

/** Milliseconds after which how long it will take is told. */
const SOON = 2000;
/** Between two words of it: a screen reader reads each. */
const PAUSE = 1000;

const begun = performance.now();
let told = 0;

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Shows how much is here. */
export function showProgress({ done, total }: Progress): void {
  bar.value = total > 0 ? Math.min(1, done / total) : 0;
  const took = performance.now() - begun;
  if (took - told < PAUSE) return;
  told = took;
  const left = ((took / Math.max(1, done)) * (total - done)) / 1000;
  const eta = took > SOON ? `, about ${Math.max(1, Math.round(left))} s left` : "";
  status.textContent = `Loading the network: ${megabytes(done)} of ${megabytes(total)} MB${eta}`;
}

/** Says something beside the classes; nothing hides it. */
export function say(text: string): void {
  status.textContent = text;
}

/** The network is here. */
export function endProgress(): void {
  bar.hidden = true;
}

/** Whether the box has something to say. */
export function showLoading(isShown: boolean): void {
  box.hidden = !isShown;
}
