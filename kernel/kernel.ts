import { setTimeout as sleep } from "node:timers/promises";
import { formatWithOptions } from "node:util";
import { versions } from "tslab";
import { JupyterHandlerImpl } from "tslab/dist/jupyter";
import { display, isDisplayable, type MimeBundle, type Screen } from "./bridge";
import { Streams } from "./streams";
import { createSession, describeThrown, type Outcome, type Session } from "./session";

/** Sends a message of this type on iopub, as a child of the request that is being answered. */
export type Publish = (type: string, content: object) => void;

/** The part of Jupyter's execute_request that is used. */
export interface ExecuteRequest {
  readonly code: string;
  readonly silent: boolean;
  readonly stopOnError: boolean;
  /** Which cell the code stands in, where the front end says so (JupyterLab does, nbconvert does not). */
  readonly cellId: unknown;
}

/** How long requests that were queued behind a failed cell may take to arrive, so as to be aborted. */
const abortWindowMs = 20;

/**
 * tslab's kernel with what notebooks need of it corrected: values show themselves as MIME bundles,
 * errors are `error` messages, results are `execute_result`s, and a failed cell aborts the cells that
 * were queued behind it only if it was asked to.
 */
export class Kernel extends JupyterHandlerImpl {
  readonly #session: Session;
  /** Keys of outputs shown once per notebook, each with the cell that holds it. */
  readonly #shownOnce = new Map<string, unknown>();
  /** Refreshed bundles that arrived between two cells, when batch clients do not listen. */
  readonly #missed = new Map<string, MimeBundle>();
  readonly #screen: Screen;
  readonly #streams = new Streams((name, text) => this.#publish?.("stream", { name, text }));
  #publish: Publish | undefined;
  #cellId: unknown;
  #running = false;
  #count = 0;
  #received = 0;
  #abortUpTo = 0;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(session: Session, screen: Screen) {
    super(session.executor, false);
    this.#session = session;
    this.#screen = screen;
  }

  /** Starts the session and sends the process's standard streams to the notebook. */
  static async start(): Promise<Kernel> {
    const screen: Screen = {
      show: (bundle, displayId) => kernel.#show("display_data", bundle, displayId),
      refresh: (bundle, displayId) => kernel.#refresh(bundle, displayId),
      showOnce: (key, bundle) => kernel.#showOnce(key, bundle),
    };
    const session = await createSession((value) => display(value, screen));
    const kernel = new Kernel(session, screen);
    kernel.#streams.redirect("stdout");
    kernel.#streams.redirect("stderr");
    return kernel;
  }

  override handleKernel(): ReturnType<JupyterHandlerImpl["handleKernel"]> {
    const info = super.handleKernel();
    const language_info = { ...info.language_info, version: versions.typescript };
    return Object.assign(info, { status: "ok", implementation: "slimlab", language_info });
  }

  override handleComplete(
    request: Parameters<JupyterHandlerImpl["handleComplete"]>[0],
  ): ReturnType<JupyterHandlerImpl["handleComplete"]> {
    const { start, end, candidates } = this.#session.complete(request.code, request.cursor_pos);
    return { status: "ok", cursor_start: start, cursor_end: end, matches: candidates, metadata: {} };
  }

  /** Runs a cell after those received before it; gives the content of its execute_reply. */
  executeCell(request: ExecuteRequest, publish: Publish): Promise<object> {
    const order = ++this.#received;
    const reply = this.#queue.then(() => {
      if (order > this.#abortUpTo) return this.#run(request, publish);
      return { status: "aborted", execution_count: this.#count };
    });
    this.#queue = reply;
    return reply;
  }

  interrupt(): void {
    this.#session.executor.interrupt();
  }

  async #run(request: ExecuteRequest, publish: Publish): Promise<object> {
    this.#begin(request, publish);
    const execution_count = this.#count;
    const outcome = await this.#evaluate(request);
    this.#running = false;
    this.#streams.flush();
    if (outcome.status === "ok") return { status: "ok", execution_count, user_expressions: {}, payload: [] };
    const { ename, evalue, traceback } = outcome;
    this.#send("error", { ename, evalue, traceback });
    if (request.stopOnError) {
      await sleep(abortWindowMs);
      this.#abortUpTo = this.#received;
    }
    return { status: "error", execution_count, ename, evalue, traceback };
  }

  #begin(request: ExecuteRequest, publish: Publish): void {
    this.#streams.flush();
    this.#publish = publish;
    this.#cellId = request.cellId;
    this.#running = true;
    for (const [key, holder] of this.#shownOnce) {
      if (holder !== undefined && holder === request.cellId) this.#shownOnce.delete(key); // its outputs are gone
    }
    if (!request.silent) {
      this.#send("execute_input", { code: request.code, execution_count: ++this.#count });
    }
    for (const [displayId, bundle] of this.#missed) this.#show("update_display_data", bundle, displayId);
    this.#missed.clear();
  }

  async #evaluate(request: ExecuteRequest): Promise<Outcome> {
    const outcome = await this.#session.run(request.code);
    if (outcome.status === "error" || outcome.value === undefined || request.silent) return outcome;
    try {
      if (isDisplayable(outcome.value)) await display(outcome.value, this.#screen);
      else this.#showResult(outcome.value);
      return outcome;
    } catch (error) {
      return describeThrown(error);
    }
  }

  #showResult(value: unknown): void {
    const data = { "text/plain": formatWithOptions({}, value) };
    this.#send("execute_result", { execution_count: this.#count, data, metadata: {} });
  }

  #show(type: "display_data" | "update_display_data", data: MimeBundle, displayId?: string): void {
    const transient = displayId === undefined ? {} : { display_id: displayId };
    this.#send(type, { data, metadata: {}, transient });
  }

  #refresh(bundle: MimeBundle, displayId: string): void {
    if (!this.#running) this.#missed.set(displayId, bundle);
    this.#show("update_display_data", bundle, displayId);
  }

  #showOnce(key: string, bundle: () => MimeBundle): void {
    if (this.#shownOnce.has(key)) return;
    this.#shownOnce.set(key, this.#cellId);
    this.#show("display_data", bundle());
  }

  /** Sends a message for the cell that runs, or ran last, after what it printed. */
  #send(type: string, content: object): void {
    this.#streams.flush();
    this.#publish?.(type, content);
  }
}
