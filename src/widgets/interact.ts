import { inspect } from "node:util";
import { vbox, type Box } from "./box";
import { frontEnd, isObject, type WireObject } from "./frontend";
import { output } from "./output";
import { Outputs, type CellOutput } from "./outputs";
import type { Control, Widget } from "./widget";

/** Widgets with values, by the names that the values get. */
export type Controls = Readonly<Record<string, Control<{ readonly value: unknown }>>>;

/** Their values. */
export type ValuesOf<C extends Controls> = { readonly [Name in keyof C]: C[Name]["value"] };

/**
 * Controls, and below them what a function draws of their values: again whenever one changes. What the function gives is shown
 * as a cell's last expression, and before it what it prints and displays. Where no widgets are drawn, e.g. on GitHub, the
 * values and what was drawn of them last are shown.
 *
 * Values that come while it draws wait, and only the last of them are drawn.
 * @param draw  may be async; an error of its first call is the caller's, later ones are shown in its place
 * @example
 * await interact({ size: intSlider({ min: 1, max: 9 }) }, ({ size }) => "x".repeat(size));
 */
export async function interact<C extends Controls>(
  controls: C,
  draw: (values: ValuesOf<C>) => unknown,
): Promise<Box> {
  const place = output();
  const work = (): unknown => draw(valuesOf(controls));
  let isStale = false;
  let drawing: Promise<void> | undefined;
  const redraw = async (): Promise<void> => {
    while (isStale) {
      isStale = false;
      place.set({ outputs: await outputsOf(work).catch((error: unknown) => [outputOfError(error)]) });
    }
    drawing = undefined;
  };
  place.set({ outputs: await outputsOf(work, isShared) });
  for (const [name, control] of Object.entries(controls)) {
    nameIt(control, name);
    control.observe("value", () => {
      isStale = true;
      return (drawing ??= redraw());
    });
  }
  return vbox([...Object.values(controls), place]);
}

/** A control without a description is called by its name. */
function nameIt(control: Widget, name: string): void {
  if (isDescribed(control) && control.get("description") === "") control.set({ description: name });
}

function isDescribed(control: Widget): control is Widget<{ readonly description: string }> {
  return typeof Reflect.apply(control.get, control, ["description"]) === "string";
}

function valuesOf<C extends Controls>(controls: C): ValuesOf<C>;
function valuesOf(controls: Controls): WireObject {
  return Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value]));
}

/** Whether a message shows what a notebook holds once for all its outputs, such as a figure's script: it has no display id. */
function isShared(type: string, { transient }: WireObject): boolean {
  return type === "display_data" && !(isObject(transient) && "display_id" in transient);
}

/**
 * What work prints and displays, and at last what it gives.
 * @param isCells  what is left to the cell, which keeps it when the rest is drawn again
 */
async function outputsOf(
  work: () => unknown,
  isCells: typeof isShared = () => false,
): Promise<readonly CellOutput[]> {
  const end = frontEnd();
  const outputs = new Outputs();
  if (end === undefined)
    outputs.take("display_data", { data: { "text/plain": textOf(await work()) }, metadata: {} });
  else
    await end.capture(
      async () => {
        const value = await work();
        if (value !== undefined) await end.display(value);
      },
      (type, content) => !isCells(type, content) && outputs.take(type, content),
    );
  return outputs.list;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : inspect(value);
}

function outputOfError(error: unknown): CellOutput {
  const { ename, evalue, traceback } = frontEnd()?.describe(error) ?? {
    ename: "Error",
    evalue: String(error),
    traceback: [],
  };
  return { output_type: "error", ename, evalue, traceback };
}
