import { inspect } from "node:util";
import { vbox, type Box } from "./box";
import { frontEnd, isObject, type WireObject } from "./frontend";
import { latest } from "./latest";
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
 * values and the picture are shown that there were when it was.
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
  const show = (outputs: readonly CellOutput[]): void => place.set({ outputs });
  show(await new Drawing(isShared).of(work));
  const redraw = latest(() => new Drawing().withErrors(work), show);
  for (const [name, control] of Object.entries(controls)) {
    nameIt(control, name);
    control.observe("value", redraw);
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

/** What work prints and displays, and at last what it gives. */
class Drawing {
  readonly #outputs = new Outputs();
  readonly #isCells: typeof isShared;

  /** @param isCells  what is left to the cell, which keeps it when the rest is drawn again. @default nothing */
  constructor(isCells: typeof isShared = () => false) {
    this.#isCells = isCells;
  }

  async of(work: () => unknown): Promise<readonly CellOutput[]> {
    const end = frontEnd();
    if (end === undefined) this.#showText(await work());
    else
      await end.capture(
        async () => {
          const value = await work();
          if (value !== undefined) await end.display(value);
        },
        (type, content) => !this.#isCells(type, content) && this.#outputs.take(type, content),
      );
    return this.#outputs.list;
  }

  /** The same, and the error with which it ended. */
  async withErrors(work: () => unknown): Promise<readonly CellOutput[]> {
    try {
      return await this.of(work);
    } catch (error) {
      const text = { ename: "Error", evalue: String(error), traceback: [] };
      this.#outputs.take("error", { ...(frontEnd()?.describe(error) ?? text) });
      return this.#outputs.list;
    }
  }

  #showText(value: unknown): void {
    const text = typeof value === "string" ? value : inspect(value);
    this.#outputs.take("display_data", { data: { "text/plain": text }, metadata: {} });
  }
}
