import type { DisplayContext, MimeBundle } from "./bundle";

/** The outputs that follow a value as it changes. */
export interface LiveOutputs {
  /** Another output that follows. */
  follow(context: DisplayContext): void;
  /** The value has changed: the outputs follow, now or when the least time is over. */
  changed(): void;
  /** The outputs follow at once. */
  redraw(): void;
}

/**
 * Keeps outputs up with a value that changes often.
 * @param draw       what the value shows now
 * @param refreshMs  the least time between two redraws, in ms
 */
export function liveOutputs(draw: () => MimeBundle, refreshMs: number): LiveOutputs {
  const shown = new Set<DisplayContext>();
  let drawnAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;

  function redraw(): void {
    clearTimeout(timer);
    timer = undefined;
    if (shown.size === 0) return;
    drawnAt = performance.now();
    const bundle = draw();
    for (const context of shown) context.update(bundle);
  }
  function changed(): void {
    if (shown.size === 0) return;
    const waitMs = drawnAt + refreshMs - performance.now();
    if (waitMs <= 0) redraw();
    else timer ??= setTimeout(redraw, waitMs).unref();
  }
  return { follow: (context) => void shown.add(context), changed, redraw };
}
