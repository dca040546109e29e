import { isObject, type WireObject } from "./frontend";

/** One output, as notebooks hold it. @see nbformat 4.5 */
export type CellOutput = Readonly<Record<string, unknown>> & { readonly output_type: string };

/** Outputs as they come, by the kernel's messages. */
export class Outputs {
  #list: readonly CellOutput[] = [];
  #clearNext = false;
  /** By which an output is replaced. */
  readonly #displayIds = new WeakMap<CellOutput, unknown>();

  get list(): readonly CellOutput[] {
    return this.#list;
  }
  set list(list: readonly CellOutput[]) {
    this.#list = list;
  }

  /** Takes away all there is; with wait only when the next one comes. */
  clear(wait: boolean): void {
    this.#clearNext = wait;
    if (!wait) this.#list = [];
  }

  /** Takes a message of a cell; gives false if it is no output, or replaces one of elsewhere. */
  take(type: string, content: WireObject): boolean {
    const { data, metadata, transient, name, text } = content;
    if (type === "clear_output") this.clear(content["wait"] === true);
    else if (type === "stream") this.#print(String(name), String(text));
    else if (type === "error") this.#add({ output_type: "error", ...content });
    else if (type === "display_data")
      this.#add({ output_type: "display_data", data, metadata }, displayIdOf(transient));
    else if (type === "update_display_data") return this.#replace(displayIdOf(transient), data, metadata);
    else return false;
    return true;
  }

  #add(output: CellOutput, displayId?: unknown): void {
    this.#begin();
    this.#displayIds.set(output, displayId);
    this.#list = [...this.#list, output];
  }

  #print(name: string, text: string): void {
    this.#begin();
    const last = this.#list.at(-1);
    const goesOn = last?.output_type === "stream" && last["name"] === name;
    const before = goesOn ? String(last["text"]) : "";
    const kept = goesOn ? this.#list.slice(0, -1) : this.#list;
    this.#list = [...kept, { output_type: "stream", name, text: before + text }];
  }

  #replace(displayId: unknown, data: unknown, metadata: unknown): boolean {
    const isMeant = (output: CellOutput): boolean => this.#displayIds.get(output) === displayId;
    if (displayId === undefined || !this.#list.some(isMeant)) return false;
    const output = { output_type: "display_data", data, metadata };
    this.#displayIds.set(output, displayId);
    this.#list = this.#list.map((one) => (isMeant(one) ? output : one));
    return true;
  }

  #begin(): void {
    if (this.#clearNext) this.clear(false);
  }
}

function displayIdOf(transient: unknown): unknown {
  return isObject(transient) ? transient["display_id"] : undefined;
}
