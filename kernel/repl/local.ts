import { inspect } from "node:util";
import { display, isDisplayable, type Screen } from "../bridge";
import { openHistory, type History } from "../history";
import { guard } from "../interrupt/guard";
import { cells, Interrupted, Interruption } from "../interrupt/interrupts";
import { hearSignals, type Signals } from "../interrupt/signals";
import { type MimeBundle, type Outcome, type Session } from "../session/api";
import { type Backend, type Ended, type Host } from "./backend";
import { createSession } from "./today";

const signalSymbol = Symbol.for("Jupyter.signal");

const declarations = `declare function display(value: unknown): Promise<void>;
declare function input(prompt?: string | { readonly prompt?: string; readonly password?: boolean }, options?: { readonly password?: boolean }): Promise<string>;`;

/** Cells that run in this process. */
export async function createLocal(host: Host): Promise<Backend> {
  const local = new Local(host, await createSession());
  await local.start();
  return local;
}

class Local implements Backend {
  readonly #host: Host;
  readonly #session: Session;
  #history: History | undefined;
  #signals: Signals | undefined;
  #running: Interruption | undefined;
  #cell = 1;
  /** Displays of the running cell that are still being made. */
  readonly #displays = new Set<Promise<void>>();

  constructor(host: Host, session: Session) {
    this.#host = host;
    this.#session = session;
  }

  get cell(): number {
    return this.#cell;
  }

  async start(): Promise<void> {
    this.#session.define(
      {
        display: (value: unknown) => this.#display(value),
        input: (...asked: unknown[]) => this.#input(asked),
      },
      declarations,
    );
    Object.defineProperty(globalThis, signalSymbol, {
      get: () => cells.getStore()?.interruption.signal,
      configurable: true,
    });
    for (const event of ["uncaughtException", "unhandledRejection"])
      process.on(event, (error: unknown) => {
        if (!(error instanceof Interrupted)) this.#host.stray(this.#session.describe(error).traceback);
      });
    this.#signals = await hearSignals(() => this.interrupt());
  }

  async run(code: string): Promise<Ended> {
    const cell = this.#cell++;
    if (this.#host.remembers) this.#historyNow().add(cell, code, code);
    const interruption = new Interruption();
    this.#running = interruption;
    let outcome: Outcome;
    try {
      outcome = await cells.run({ interruption }, () => interruption.race(this.#runAlone(code, cell)));
      if (outcome.status === "ok" && outcome.value !== undefined) {
        await interruption.race(this.#result(outcome.value, cell));
      }
    } catch (error) {
      outcome = error instanceof Interrupted ? interrupted(error) : this.#session.describe(error);
    } finally {
      this.#running = undefined;
    }
    if (outcome.status === "ok") return "ok";
    this.#host.output.fail(outcome.traceback);
    return outcome.ename === "Interrupted" ? "interrupted" : "error";
  }

  complete(...where: Parameters<Session["complete"]>): Promise<ReturnType<Session["complete"]>> {
    return Promise.resolve(guard.run(() => this.#session.complete(...where)));
  }

  inspect(...where: Parameters<Session["inspect"]>): Promise<ReturnType<Session["inspect"]>> {
    return Promise.resolve(guard.run(() => this.#session.inspect(...where)));
  }

  isComplete(code: string): Promise<ReturnType<Session["isComplete"]>> {
    return Promise.resolve(guard.run(() => this.#session.isComplete(code)));
  }

  history(most: number): Promise<readonly string[]> {
    const entries = this.#historyNow().tail(most, { unique: true });
    return Promise.resolve(entries.map(([, , input]) => (typeof input === "string" ? input : input[0])));
  }

  interrupt(): void {
    this.#running?.interrupt();
  }

  async close(): Promise<void> {
    this.#history?.close();
    this.#session.close();
    await this.#signals?.close();
  }

  /** In a task of its own, which an interrupt may end. */
  async #runAlone(code: string, cell: number): Promise<Outcome> {
    await new Promise((resolve) => setImmediate(resolve));
    const outcome = await this.#session.run(code, cell);
    await Promise.all(this.#displays);
    return outcome;
  }

  async #result(value: unknown, cell: number): Promise<void> {
    if (isDisplayable(value)) return this.#display(value, cell);
    this.#host.output.result({ "text/plain": this.#inspect(value) }, cell);
  }

  /** Shows a value; as the result of a cell if its number is given. */
  #display(value: unknown, cell?: number): Promise<void> {
    const { output } = this.#host;
    const screen: Screen = {
      show: (bundle, id) =>
        cell === undefined || id === undefined ? output.show(bundle, id) : output.result(bundle, cell, id),
      refresh: (bundle, id) => output.update(bundle, id),
      showOnce: (key, bundle) => this.#showOnce(key, bundle),
    };
    const shown = isDisplayable(value)
      ? display(value, screen)
      : output.show({ "text/plain": typeof value === "string" ? value : this.#inspect(value) });
    const done = Promise.resolve(shown).finally(() => this.#displays.delete(done));
    this.#displays.add(done);
    return done;
  }

  readonly #shownOnce = new Set<string>();

  #showOnce(key: string, bundle: () => MimeBundle): void {
    if (this.#shownOnce.has(key)) return;
    this.#shownOnce.add(key);
    this.#host.output.show(bundle());
  }

  async #input(asked: readonly unknown[]): Promise<string> {
    const [first, second] = asked;
    const said = typeof first === "string" ? first : optionOf(first, "prompt");
    const prompt = typeof said === "string" ? said : "";
    const password = optionOf(first, "password") === true || optionOf(second, "password") === true;
    const line = await this.#host.ask(prompt, password);
    if (line !== undefined) return line;
    this.interrupt();
    throw new Interrupted();
  }

  #inspect(value: unknown): string {
    return inspect(value, { colors: this.#host.colours });
  }

  #historyNow(): History {
    return (this.#history ??= openHistory());
  }
}

function interrupted(error: Interrupted): Outcome {
  const { name, message } = error;
  return { status: "error", ename: name, evalue: message, traceback: [`${name}: ${message}`] };
}

function optionOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
