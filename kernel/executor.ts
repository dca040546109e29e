import { currentCell, runAs, type Cell, type Publish } from "./cell";
import { createGlobals, declarations, type Globals } from "./globals";
import { Kept, offerFrontEnd } from "./frontend";
import { Interruption } from "./interrupt/interrupts";
import { guard } from "./interrupt/guard";
import type { Comms } from "./comm";
import { pagesOf } from "./language/page";
import { runCell } from "./magics/cell";
import { openMagics, type MagicContext } from "./magics/context";
import type { MimeBundle } from "./output/bundle";
import { pictureOf, type Picture } from "./output/display";
import type { NotebookScreen } from "./output/notebook";
import { finishStreams } from "./output/streams";
import type { Json } from "./protocol";
import { Results } from "./results/results";
import type { Failure, Session, Success, Outcome } from "./session/api";

/** What an execute_request asks for. */
export interface ExecuteRequest {
  readonly code: string;
  readonly silent: boolean;
  readonly storeHistory: boolean;
  readonly userExpressions: Json;
  readonly cellId: unknown;
  /** Whether the user interrupted it while it waited for its turn. */
  readonly interrupted: boolean;
  readonly ask?: Cell["ask"];
}

/** Runs cells and sends what they show. */
export class CellExecutor {
  readonly #session: Session;
  readonly #screen: NotebookScreen;
  readonly #magics: MagicContext;
  readonly #results: Results;
  readonly #kept = new Kept();
  #displays: Promise<void>[] = [];
  #interruption: Interruption | undefined;
  /** With what the running cell ends, whatever it catches. */
  #failure: Error | undefined;
  /** Cells counted so far. */
  count = 0;

  constructor(session: Session, screen: NotebookScreen, comms: Comms) {
    this.#session = session;
    this.#screen = screen;
    const globals: Globals = createGlobals(screen, comms, (work) => this.#displays.push(work));
    session.define({ ...globals }, declarations);
    this.#results = new Results(session);
    offerFrontEnd({ globals, kept: this.#kept, describe: (thrown) => session.describe(thrown) });
    this.#magics = openMagics(session, {
      forget: () => this.#results.clear(),
      write: (text) => process.stdout.write(text),
      writeError: (text) => process.stderr.write(text),
      show: (value) => (this.#isDisplay(value) ? undefined : globals.display(value)),
    });
  }

  /** Stops the running cell; gives whether there is one. */
  interrupt(): boolean {
    this.#interruption?.interrupt();
    return this.#interruption !== undefined;
  }

  /** Ends the cell whose code calls this with an error; gives whether it runs. */
  fail(error: Error): boolean {
    const { interruption } = currentCell() ?? {};
    if (interruption === undefined || interruption !== this.#interruption) return false;
    this.#failure ??= error;
    interruption.interrupt(error);
    return true;
  }

  /** Runs a cell; gives the content of its execute_reply. */
  async execute(request: ExecuteRequest, publish: Publish): Promise<Json> {
    const { code, silent, storeHistory, cellId, ask } = request;
    const interruption = new Interruption();
    if (request.interrupted) interruption.interrupt();
    const cell: Cell = { interruption, publish, cellId, ...(ask === undefined ? {} : { ask }) };
    if (storeHistory) this.count++;
    const execution_count = this.count;
    this.#interruption = interruption;
    this.#failure = undefined;
    this.#displays = [];
    return runAs(cell, async () => {
      this.#screen.begin(cellId);
      this.#kept.begin(cellId);
      if (!silent) publish("execute_input", { code, execution_count });
      const stored = storeHistory ? execution_count : undefined;
      if (!silent) this.#results.begin(code, stored);
      const payload = silent ? undefined : guard.run(() => pagesOf(this.#session, code));
      const count = silent ? undefined : execution_count;
      const outcome = payload === undefined ? await this.#run(code, count, interruption) : pageShown(payload);
      const failure = outcome.status === "error" ? outcome : await this.#showResult(outcome, silent, stored);
      const user_expressions = failure === undefined ? await this.#evaluateAll(request.userExpressions) : {};
      finishStreams();
      this.#screen.end();
      this.#interruption = undefined;
      if (failure === undefined)
        return { status: "ok", execution_count, user_expressions, payload: payload ?? [] };
      const { ename, evalue, traceback } = failure;
      if (!silent) publish("error", { ename, evalue, traceback });
      return {
        status: "error",
        execution_count,
        ename,
        evalue,
        traceback,
        user_expressions: {},
        payload: [],
      };
    });
  }

  /** The outcome of a cell and of what it displays without waiting. */
  async #run(code: string, count: number | undefined, interruption: Interruption): Promise<Outcome> {
    try {
      const outcome = await interruption.race(runCell(code, count, this.#magics));
      const shown = await interruption.race(Promise.allSettled(this.#displays));
      if (this.#failure !== undefined) return this.#session.describe(this.#failure);
      const failed = shown.find((result) => result.status === "rejected");
      if (outcome.status === "ok" && failed !== undefined) return this.#session.describe(failed.reason);
      return outcome;
    } catch (error) {
      return this.#session.describe(error);
    }
  }

  async #showResult(
    { value, type = "any" }: Success,
    silent: boolean,
    cell: number | undefined,
  ): Promise<Failure | undefined> {
    if (value === undefined || silent || this.#isDisplay(value)) return undefined;
    this.#results.add(value, cell, type);
    try {
      const picture = await this.#draw(value);
      if (picture.live) this.#screen.show(picture);
      else this.#publishResult(picture.data, picture.metadata, picture.displayId);
      return undefined;
    } catch (error) {
      return this.#session.describe(error);
    }
  }

  /** What a value shows; an interrupt ends the waiting for it. */
  async #draw(value: unknown): Promise<Picture> {
    const picture = pictureOf(value, this.#screen);
    return this.#interruption?.race(picture) ?? picture;
  }

  /** Whether a cell's value is that of display(), which has shown all there is. */
  #isDisplay(value: unknown): boolean {
    return this.#displays.some((done) => done === value);
  }

  #publishResult(data: MimeBundle, metadata: Json, display_id: string): void {
    currentCell()?.publish("execute_result", {
      execution_count: this.count,
      data,
      metadata,
      transient: { display_id },
    });
  }

  async #evaluateAll(expressions: Json): Promise<Json> {
    const results: Record<string, unknown> = {};
    for (const [name, expression] of Object.entries(expressions)) {
      const outcome = await this.#session.run(`(${String(expression)})`);
      if (outcome.status === "error") results[name] = outcome;
      else {
        const { data, metadata } = await this.#draw(outcome.value);
        results[name] = { status: "ok", data, metadata };
      }
    }
    return results;
  }
}

/** The outcome of a cell that asks for documentation. */
function pageShown(pages: readonly object[]): Outcome {
  if (pages.length === 0) process.stdout.write("Nothing is known of this name.\n");
  return { status: "ok", value: undefined };
}
