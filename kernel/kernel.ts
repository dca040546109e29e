import { runAs, type Publish } from "./cell";
import { Comms } from "./comm";
import { Dispatcher, type Handler } from "./dispatcher";
import { CellExecutor } from "./executor";
import { Garbage } from "./garbage";
import { historyReply } from "./historyreply";
import { guard } from "./interrupt/guard";
import { Interruption } from "./interrupt/interrupts";
import { toCompleteReply, toUtf16 } from "./language/positions";
import { NotebookScreen } from "./output/notebook";
import { isJson, type Json, type Request, type ToWire } from "./protocol";
import type { Session } from "./session/api";
import type { History } from "./history";

/** What a kernel works with. */
export interface KernelOptions {
  readonly session: Session;
  readonly history: History;
  /** Takes what goes to the front end. */
  readonly send: (message: ToWire) => void;
  /** Asks the user of the front end that sent a request. */
  readonly ask: (request: Request, prompt: string, password: boolean) => Promise<string>;
}

/** Answers what Jupyter's front ends ask of a kernel, on the thread where cells run. */
export class Kernel {
  readonly #session: Session;
  readonly #history: History;
  readonly #ask: KernelOptions["ask"];
  readonly #comms = new Comms();
  readonly #garbage = new Garbage();
  readonly #executor: CellExecutor;
  readonly #dispatcher: Dispatcher;

  constructor({ session, history, send, ask }: KernelOptions) {
    this.#session = session;
    this.#history = history;
    this.#ask = ask;
    this.#executor = new CellExecutor(session, new NotebookScreen(), this.#comms);
    const comm: Handler = (request, publish) => this.#receiveComm(request, publish);
    const handlers: Record<string, Handler> = {
      execute_request: (request, publish) => this.#execute(request, publish),
      complete_request: ({ content }) => guard.run(() => this.#complete(content)),
      inspect_request: ({ content }) => guard.run(() => this.#inspect(content)),
      is_complete_request: ({ content }) => ({ ...session.isComplete(text(content["code"])) }),
      history_request: ({ content }) => historyReply(history, content),
      comm_info_request: ({ content }) => ({ status: "ok", comms: this.#comms.list(content["target_name"]) }),
      comm_open: comm,
      comm_msg: comm,
      comm_close: comm,
    };
    this.#dispatcher = new Dispatcher(handlers, send);
  }

  /** Takes a request of the front end. */
  receive(request: Request): void {
    this.#dispatcher.receive(request);
  }

  /** Stops the running cell. */
  interrupt(): void {
    if (!this.#executor.interrupt()) this.#dispatcher.interruptWaiting();
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
        interrupted: this.#dispatcher.takeInterrupt(),
        ...(content["allow_stdin"] !== false && {
          ask: (prompt, password) => this.#ask(request, prompt, password),
        }),
      },
      publish,
    );
    if (storeHistory) guard.run(() => this.#history.add(this.#executor.count, code, code));
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

  async #receiveComm(request: Request, publish: Publish): Promise<undefined> {
    const interruption = new Interruption();
    await runAs({ interruption, publish }, async () => {
      try {
        await this.#comms.receive(request);
      } catch (error) {
        this.showUncaught(error);
      }
    });
  }
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError(`Cannot answer request: expected its code to be a string, got ${typeof value}`);
}
