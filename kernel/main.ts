// First, since the process may begin anew by it, and the thread with the sockets begins while this one loads the rest.
import { opening } from "./start/wire";
import { hideMarks, offerSignal } from "./cell";
import { exposeTarget } from "./debug/target";
import { keepSmall } from "./garbage";
import { ProcessExit, refuseExits } from "./exit";
import { followChildren } from "./interrupt/children";
import { guard } from "./interrupt/guard";
import { allowEnding, Interrupted } from "./interrupt/interrupts";
import { Kernel } from "./kernel";
import { redirectChildren } from "./output/children";
import { redirectStream } from "./output/streams";
import type { FromWire, Request, ToWire } from "./protocol";
import { openSession, type SessionOptions } from "./session/open";
import { logText } from "./wire/log";
import type { Wire } from "./wire/wire";

type OnScript = NonNullable<SessionOptions["onScript"]>;

/** What kernel.json starts: `node dist/kernel/main.js <connection file>`. */
async function main(): Promise<void> {
  allowEnding();
  offerSignal();
  hideMarks();
  let onScript: OnScript = () => undefined;
  const session = openSession({ onScript: (script) => onScript(script) });
  const warming = session.warm();
  const wire = await opening;
  onScript = (script) => wire.send({ kind: "script", ...script });
  exposeTarget({
    scope: () => session.scope,
    declare: (name) => session.define({}, `declare let ${name}: any;`),
  });
  const questions = new Questions((message) => wire.send(message));
  const kernel = new Kernel({
    session,
    note: (line, cell) => wire.send({ kind: "history", line, cell }),
    send: (message) => wire.send(message),
    ask: (request, prompt, password) => questions.ask(request, prompt, password),
  });
  redirectStream("stdout", logText);
  redirectStream("stderr", logText);
  redirectChildren();
  followChildren(() => kernel.interrupt());
  const leave = refuseExits((error) => kernel.fail(error));
  for (const event of ["uncaughtException", "unhandledRejection"])
    process.on(event, (thrown: unknown) => {
      if (!isShown(thrown)) kernel.showUncaught(thrown);
    });
  await warming;
  keepSmall();
  serve(wire, kernel, questions, leave);
}

/** Whether the end of a cell has shown why it came. */
function isShown(thrown: unknown): boolean {
  return thrown instanceof Interrupted || (thrown instanceof ProcessExit && thrown.endsCell);
}

function serve(wire: Wire, kernel: Kernel, questions: Questions, leave: (code: number) => void): void {
  wire.on((message: FromWire) => {
    if (message.kind === "request") kernel.receive(message.request);
    if (message.kind === "input") questions.answer(message.id, message.value);
    if (message.kind === "interrupt" && guard.hear()) kernel.interrupt();
    if (message.kind === "shutdown") void wire.close().then(() => leave(0));
  });
}

/** What cells have asked the user. */
class Questions {
  readonly #send: (message: ToWire) => void;
  readonly #open = new Map<number, (line: string) => void>();
  #count = 0;

  constructor(send: (message: ToWire) => void) {
    this.#send = send;
  }

  /** Asks the front end that sent a request. */
  ask(parent: Request, prompt: string, password: boolean): Promise<string> {
    const id = ++this.#count;
    return new Promise((resolve) => {
      this.#open.set(id, resolve);
      this.#send({ kind: "input", id, parent, content: { prompt, password } });
    });
  }

  answer(id: number, line: string): void {
    this.#open.get(id)?.(line);
    this.#open.delete(id);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1); // the thread with the sockets would keep the process
});
