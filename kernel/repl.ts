import { start, Recoverable, type REPLServer } from "node:repl";
import { inspect } from "node:util";
import { isCompleteCode } from "tslab/dist/converter";
import { display, isDisplayable, type MimeBundle, type Screen } from "./bridge";
import { createSession, describeThrown, type Outcome, type Session } from "./session";

/** Shows the text of a bundle; scripts and refreshed figures have no place in a terminal. */
function createTerminal(write: (text: string) => void): Screen {
  const show = (bundle: MimeBundle): void => {
    const text = bundle["text/plain"];
    write(`${typeof text === "string" ? text : `[${Object.keys(bundle).join(", ")}]`}\n`);
  };
  return { show, refresh: () => undefined, showOnce: () => undefined };
}

async function evaluate(session: Session, screen: Screen, code: string): Promise<Outcome> {
  const outcome = await session.run(code);
  if (outcome.status === "error" || !isDisplayable(outcome.value)) return outcome;
  try {
    await display(outcome.value, screen);
    return { status: "ok", value: undefined };
  } catch (error) {
    return describeThrown(error);
  }
}

/** An interactive session in the terminal, with the types, variables and displays of the notebook's. */
async function main(): Promise<void> {
  const screen = createTerminal((text) => process.stdout.write(text));
  const session = await createSession((value) => display(value, screen));
  const server: REPLServer = start({
    prompt: "> ",
    ignoreUndefined: true,
    writer: (value: unknown) => (typeof value === "string" ? value : inspect(value, { colors: true })),
    eval: (line, _context, _file, done) => {
      const code = line.trimEnd();
      if (code !== "" && !isCompleteCode(code).completed)
        return done(new Recoverable(new SyntaxError()), null);
      void evaluate(session, screen, code).then((outcome) => {
        if (outcome.status === "error") process.stdout.write(`${outcome.traceback.join("\n")}\n`);
        done(null, outcome.status === "ok" ? outcome.value : undefined);
      });
    },
    completer: (line: string) => {
      const { candidates, start: from } = session.complete(line, line.length);
      const typed = line.slice(from);
      return [candidates.filter((name) => name.startsWith(typed)), typed];
    },
  });
  server.on("exit", () => process.exit(0));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
