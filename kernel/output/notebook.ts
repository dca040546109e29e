import { currentCell } from "../cell";
import type { Json } from "../protocol";
import type { MimeBundle } from "./bundle";
import type { Picture, Screen } from "./display";

/** A notebook's outputs: pictures become messages of the cell that shows them. */
export class NotebookScreen implements Screen {
  /** Keys of outputs shown once per notebook, each with the cell that holds it. */
  readonly #shownOnce = new Map<string, unknown>();
  /** Replaced pictures that arrived between two cells, when batch clients do not listen. */
  readonly #missed = new Map<string, { readonly data: MimeBundle; readonly metadata: Json }>();
  /** How many cells run. */
  #running = 0;

  show({ data, metadata, displayId }: Picture): void {
    currentCell()?.publish("display_data", { data, metadata, transient: { display_id: displayId } });
  }

  refresh(data: MimeBundle, metadata: Json, displayId: string): void {
    if (this.#running === 0) this.#missed.set(displayId, { data, metadata });
    currentCell()?.publish("update_display_data", { data, metadata, transient: { display_id: displayId } });
  }

  showOnce(key: string, bundle: () => MimeBundle): void {
    if (this.#shownOnce.has(key)) return;
    const cell = currentCell();
    this.#shownOnce.set(key, cell?.cellId);
    cell?.publish("display_data", { data: bundle(), metadata: {}, transient: {} });
  }

  /** A cell starts: its outputs are gone. */
  begin(cellId: unknown): void {
    this.#running++;
    for (const [key, holder] of this.#shownOnce) {
      if (holder !== undefined && holder === cellId) this.#shownOnce.delete(key);
    }
    for (const [displayId, { data, metadata }] of this.#missed) this.refresh(data, metadata, displayId);
    this.#missed.clear();
  }

  /** A cell has ended. */
  end(): void {
    this.#running--;
  }
}
