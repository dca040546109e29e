import { frontEnd, type WireObject } from "./frontend";
import { createLook, type Look, type LookOptions } from "./layout";
import { modelNames, places, snakeKind } from "./names";
import { Outputs, type CellOutput } from "./outputs";
import { stillOfOutputs } from "./still";
import { createWidget, type Widget } from "./widget";

/** The values of a place for outputs. */
export interface OutputState extends Look {
  /** What stands there. */
  readonly outputs: readonly CellOutput[];
}

/** A place for what code prints and shows. */
export interface Output extends Widget<OutputState> {
  /**
   * Runs work, and shows in this place what it prints and displays, also after it has awaited something. What else the cell
   * prints meanwhile stays the cell's.
   * @returns  what the work gives
   */
  capture<T>(work: () => T): T;
  /** Takes away what stands there; with wait only when the next output comes, so that nothing flickers. @param options  wait: @default false */
  clear(options?: { readonly wait?: boolean }): void;
}

/** The least time between two changes of what a front end shows, in ms: each carries all outputs. */
const REFRESH_MS = 50;

/**
 * A place for what code prints and shows.
 * @example
 * const log = output();
 * display(log);
 * slider.observe("value", ({ value }) => log.capture(() => console.log(value)));
 */
export function output(options: Pick<LookOptions, "layout"> = {}): Output {
  const model = { ...modelNames(places.output, "OutputModel", "OutputView"), msg_id: "" };
  const state: OutputState = { outputs: [], ...createLook(options, "") };
  const appearance = { name: "output", still: ({ outputs }: OutputState) => stillOfOutputs(outputs) };
  const widget = createWidget(snakeKind<OutputState>(model), state, appearance);
  const outputs = new Outputs();
  let timer: NodeJS.Timeout | undefined;
  let shownAt = -Infinity;

  function show(): void {
    clearTimeout(timer);
    timer = undefined;
    shownAt = performance.now();
    if (outputs.list !== widget.get("outputs")) widget.set({ outputs: outputs.list });
  }
  function showSoon(): void {
    const waitMs = shownAt + REFRESH_MS - performance.now();
    if (waitMs <= 0) show();
    else timer ??= setTimeout(show, waitMs).unref();
  }
  function take(type: string, content: WireObject): boolean {
    const taken = outputs.take(type, content);
    if (taken) showSoon();
    return taken;
  }
  function capture<T>(work: () => T): T {
    const end = frontEnd();
    let result: T | undefined;
    try {
      return (result = end === undefined ? work() : end.capture(work, take));
    } finally {
      if (result instanceof Promise) void result.then(show, show);
      show();
    }
  }
  widget.observe("outputs", ({ value }) => (outputs.list = value));
  return Object.assign(widget, {
    capture,
    clear: ({ wait = false } = {}): void => {
      outputs.clear(wait);
      show();
    },
  });
}
