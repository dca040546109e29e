import { runBeside, type Publish } from "./cell";
import { Comms } from "./comm";
import { Dispatcher, type Handler } from "./dispatcher";
import { CellExecutor } from "./executor";
import { Garbage } from "./garbage";
import { guard } from "./interrupt/guard";
import { Interruption, wasEnded } from "./interrupt/interrupts";
import { toCompleteReply, toUtf16 } from "./language/positions";
import { NotebookScreen } from "./output/notebook";
import { isJson, type Json, type Request, type ToWire } from "./protocol";
import type { Session } from "./session/api";

/** What a kernel works with. */
export interface KernelOptions {
  readonly session: Session;
  /** Notes a cell that begins for the history. */
  readonly note: (line: number, cell: string) => void;
  /** Answers, by the requests' msg_type, what the kernel does not answer itself. */
  readonly handlers?: Readonly<Record<string, Handler>>;
  /** Takes what goes to the front end. */
  readonly send: (message: ToWire) => void;
  /** Asks the user of the front end that sent a request. */
  readonly ask: (request: Request, prompt: string, password: boolean) => Promise<string>;
}

/** Answers what Jupyter's front ends ask of a kernel, of that needs the thread where cells run. */
export class Kernel {
  readonly #session: Session;
  readonly #note: KernelOptions["note"];
  readonly #ask: KernelOptions["ask"];
  readonly #comms = new Comms();
  /** Requests that are answered beside the cells. */
  readonly #answering = new Set<Interruption>();
  readonly #garbage = new Garbage();
  readonly #executor: CellExecutor;
  readonly #dispatcher: Dispatcher;

  constructor({ session, note, handlers, send, ask }: KernelOptions) {
    this.#session = session;
    this.#note = note;
    this.#ask = ask;
    this.#executor = new CellExecutor(session, new NotebookScreen(), this.#comms);
    const comm: Handler = async (request) => void (await this.#comms.receive(request));
    const beside: Record<string, Handler> = {
      ...handlers,
      complete_request: ({ content }) => guard.run(() => this.#complete(content)),
      inspect_request: ({ content }) => guard.run(() => this.#inspect(content)),
      is_complete_request: ({ content }) => ({ ...session.isComplete(text(content["code"])) }),
      comm_info_request: ({ content }) => ({ status: "ok", comms: this.#comms.list(content["target_name"]) }),
      comm_open: comm,
      comm_msg: comm,
      comm_close: comm,
    };
    const all = Object.entries(beside).map(([type, handler]) => [type, this.#beside(handler)] as const);
    const execute: Handler = (request, publish) => this.#execute(request, publish);
    this.#dispatcher = new Dispatcher({ ...Object.fromEntries(all), execute_request: execute }, send);
  }

  /** Takes a request of the front end. */
  receive(request: Request): void {
    this.#dispatcher.receive(request);
  }

  /** Stops the running cell; where none runs, what comm messages have begun. */
  interrupt(): void {
    const isRunning = this.#executor.interrupt();
    if (!isRunning || wasEnded()) for (const interruption of this.#answering) interruption.interrupt();
    if (!isRunning) this.#dispatcher.interruptWaiting();
  }

  /** Ends the cell whose code calls this with an error; gives whether it runs. */
  fail(error: Error): boolean {
    return this.#executor.fail(error);
  }

  /** Shows an error that nobody caught, in the cell whose code made it. */
  showUncaught(thrown: unknown): void {
    const { traceback } = this.#session.describe(thrown);
    process.stderr.write(`${traceback.join("\n")}\n`);
  }

  #execute(request: Request, publish: Publish): Promise<Json> {
    const { content, metadata } = request;
    const code = text(content["code"]);
    const silent = content["silent"] === true;
    const storeHistory = !silent && content["store_history"] !== false;
    const running = this.#executor.execute(
      {
        code,
        silent,
        storeHistory,
        userExpressions: isJson(content["user_expressions"]) ? content["user_expressions"] : {},
        cellId: metadata["cellId"],
        isMain: typeof request.header.subshell_id !== "string",
        interrupted: this.#dispatcher.takeInterrupt(),
        ...(content["allow_stdin"] !== false && {
          ask: (prompt, password) => this.#ask(request, prompt, password),
        }),
      },
      publish,
    );
    if (storeHistory) guard.run(() => this.#note(this.#executor.count, code));
    return running.finally(() => this.#garbage.add());
  }

  #complete(content: Json): Json {
    const code = text(content["code"]);
    const position = toUtf16(code, Number(content["cursor_pos"]));
    return { status: "ok", ...toCompleteReply(code, this.#session.complete(code, position)) };
  }

  #inspect(content: Json): Json {
    const code = text(content["code"]);
    const position = toUtf16(code, Number(content["cursor_pos"]));
    const found = this.#session.inspect(code, position, content["detail_level"] === 1 ? 1 : 0);
    return { status: "ok", found: found !== undefined, data: found?.bundle ?? {}, metadata: {} };
  }

  /**
   * Has a request answered beside the cells, in a turn of its own: a cell that came before it and does not await has come to
   * its end then, and an interrupt ends what it has begun, and nothing else.
   */
  #beside(handler: Handler): Handler {
    return (request, publish) => {
      const interruption = new Interruption();
      const answer = async (): Promise<Json | undefined> => handler(request, publish);
      return runBeside({ interruption, publish }, async () => {
        this.#answering.add(interruption);
        try {
          return await interruption.race(new Promise((resolve) => setImmediate(() => resolve(answer()))));
        } catch (error) {
          if (request.header.msg_type.endsWith("_request")) throw error;
          this.showUncaught(error); // there is no reply to say it
          return undefined;
        } finally {
          this.#answering.delete(interruption);
        }
      });
    };
  }
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError(`Cannot answer request: expected its code to be a string, got ${typeof value}`);
}
