import { currentCell, runAs, type Cell, type Publish } from "./cell";
import { createGlobals, declarations, type Globals } from "./globals";
import { Kept, offerFrontEnd } from "./frontend";
import { forgetEnded, Interruption, wasEnded } from "./interrupt/interrupts";
import { guard } from "./interrupt/guard";
import { followed } from "./interrupt/pulse";
import type { Comms } from "./comm";
import { pagesOf } from "./language/page";
import { runCell } from "./magics/cell";
import { openMagics, type MagicContext } from "./magics/context";
import { pictureOf } from "./output/display";
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
  /** Whether it runs in the main shell, not in a subshell. */
  readonly isMain: boolean;
  /** Whether the user interrupted it while it waited for its turn. */
  readonly interrupted: boolean;
  readonly ask?: Cell["ask"];
}

/** A cell that runs. */
interface Running {
  readonly cell: Cell;
  readonly isMain: boolean;
  /** Its execution count. */
  readonly count: number;
  /** The same if it counts. */
  readonly stored: number | undefined;
  /** What it shows without waiting. */
  readonly displays: Promise<void>[];
  /** With what it ends, whatever it catches. */
  failure: Error | undefined;
}

/** How a cell ended, with what its reply says besides. */
interface Reply {
  readonly failure: Failure | undefined;
  readonly user_expressions: Json;
  readonly payload: readonly object[];
}

/** Runs cells, also several at a time where one awaits, and sends what they show. */
export class CellExecutor {
  readonly #session: Session;
  readonly #screen: NotebookScreen;
  readonly #magics: MagicContext;
  readonly #results: Results;
  readonly #kept = new Kept();
  /** By their interruptions: what is run for a cell may have one of its own, with the same. */
  readonly #running = new Map<Interruption, Running>();
  /** Cells counted so far. */
  count = 0;

  constructor(session: Session, screen: NotebookScreen, comms: Comms) {
    this.#session = session;
    this.#screen = screen;
    const globals: Globals = createGlobals(screen, comms, (work) => this.#current()?.displays.push(work));
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

  /**
   * Stops the running cell: that of the main shell, else those of subshells; all where JavaScript was ended, since it may be any's.
   * @returns whether there is one
   */
  interrupt(): boolean {
    const running = [...this.#running.values()];
    const main = running.filter(({ isMain }) => isMain);
    const stopped = wasEnded() || main.length === 0 ? running : main;
    for (const { cell } of stopped) cell.interruption.interrupt();
    return running.length > 0;
  }

  /** Ends the cell whose code calls this with an error; gives whether it runs. */
  fail(error: Error): boolean {
    const running = this.#current();
    if (running === undefined) return false;
    running.failure ??= error;
    running.cell.interruption.interrupt(error);
    return true;
  }

  /** Runs a cell; gives the content of its execute_reply. */
  async execute(request: ExecuteRequest, publish: Publish): Promise<Json> {
    const { silent, storeHistory, cellId, isMain, ask } = request;
    forgetEnded();
    const interruption = new Interruption();
    if (request.interrupted) interruption.interrupt();
    const cell: Cell = { interruption, publish, cellId, ...(ask === undefined ? {} : { ask }) };
    const execution_count = storeHistory ? ++this.count : this.count;
    const stored = storeHistory ? execution_count : undefined;
    const running: Running = {
      cell,
      isMain,
      count: execution_count,
      stored,
      displays: [],
      failure: undefined,
    };
    this.#running.set(interruption, running);
    try {
      const { failure, ...reply } = await followed(() => runAs(cell, () => this.#reply(request, running)));
      if (failure === undefined) return { status: "ok", execution_count, ...reply };
      const { ename, evalue, traceback } = failure;
      if (!silent) publish("error", { ename, evalue, traceback });
      return { status: "error", execution_count, ename, evalue, traceback, ...reply };
    } finally {
      this.#screen.end();
      this.#running.delete(interruption);
    }
  }

  async #reply({ code, silent, userExpressions }: ExecuteRequest, running: Running): Promise<Reply> {
    const { cell, count, stored } = running;
    this.#screen.begin(cell.cellId);
    this.#kept.begin(cell.cellId);
    if (!silent) {
      cell.publish("execute_input", { code, execution_count: count });
      this.#results.begin(code, stored);
    }
    const payload = silent ? undefined : guard.run(() => pagesOf(this.#session, code));
    const number = silent ? undefined : count;
    const outcome = payload === undefined ? await this.#run(code, number, running) : pageShown(payload);
    const shown = silent || outcome.status === "error" ? undefined : await this.#showResult(outcome, running);
    const failure = outcome.status === "error" ? outcome : shown;
    const user_expressions = failure === undefined ? await this.#evaluateAll(userExpressions, cell) : {};
    finishStreams();
    return { failure, user_expressions, payload: failure === undefined ? (payload ?? []) : [] };
  }

  /** The outcome of a cell and of what it displays without waiting. */
  async #run(code: string, number: number | undefined, running: Running): Promise<Outcome> {
    const { interruption } = running.cell;
    try {
      const outcome = await interruption.race(runCell(code, number, this.#magics));
      const shown = await interruption.race(Promise.allSettled(running.displays));
      if (running.failure !== undefined) return this.#session.describe(running.failure);
      const failed = shown.find((result) => result.status === "rejected");
      if (outcome.status === "ok" && failed !== undefined) return this.#session.describe(failed.reason);
      return outcome;
    } catch (error) {
      return this.#session.describe(error);
    }
  }

  async #showResult({ value, type = "any" }: Success, running: Running): Promise<Failure | undefined> {
    const { cell, count: execution_count, stored } = running;
    if (value === undefined || this.#isDisplay(value)) return undefined;
    this.#results.add(value, stored, type);
    try {
      const picture = await cell.interruption.race(pictureOf(value, this.#screen));
      const { data, metadata, displayId: display_id, live } = picture;
      if (live) this.#screen.show(picture);
      else cell.publish("execute_result", { execution_count, data, metadata, transient: { display_id } });
      return undefined;
    } catch (error) {
      return this.#session.describe(error);
    }
  }

  /** Whether a cell's value is that of display(), which has shown all there is. */
  #isDisplay(value: unknown): boolean {
    return this.#current()?.displays.some((done) => done === value) === true;
  }

  /** The cell whose code this is called from, if it runs. */
  #current(): Running | undefined {
    const cell = currentCell();
    return cell && this.#running.get(cell.interruption);
  }

  async #evaluateAll(expressions: Json, { interruption }: Cell): Promise<Json> {
    const results: Record<string, unknown> = {};
    for (const [name, expression] of Object.entries(expressions)) {
      const result = interruption.race(this.#evaluate(String(expression)));
      results[name] = await result.catch((error: unknown) => this.#session.describe(error));
    }
    return results;
  }

  async #evaluate(expression: string): Promise<Json> {
    const outcome = await this.#session.run(`(${expression})`);
    if (outcome.status === "error") return { ...outcome };
    const { data, metadata } = await pictureOf(outcome.value, this.#screen);
    return { status: "ok", data, metadata };
  }
}

/** The outcome of a cell that asks for documentation. */
function pageShown(pages: readonly object[]): Outcome {
  if (pages.length === 0) process.stdout.write("Nothing is known of this name.\n");
  return { status: "ok", value: undefined };
}
