/** The session ends when the front end ends it, not when a cell, or a library that a cell calls, ends the process. */
import { syncBuiltinESMExports } from "node:module";
import { constants } from "node:os";
import { currentCell } from "./cell";

/** Why a cell ended that was to end the process. */
export class ProcessExit extends Error {
  override readonly name = "ProcessExit";
  /** Whether a cell ended by it, which shows it then. */
  endsCell = false;

  /** @param call  what the cell called */
  constructor(call: string) {
    super(`Cannot end the session: expected the front end to shut it down, got ${call} in a cell`);
  }
}

/** Signals that end no process by themselves, and those that stop it for a while. */
const harmless = new Set<number>(
  (["SIGINT", "SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH", "SIGUSR1", "SIGSTOP", "SIGTSTP"] as const).map(
    (name) => constants.signals[name],
  ),
);

/** Signals that came from outside: who has listened to one may end the process by it. */
const received = new Set<unknown>();

type Call = (...args: readonly unknown[]) => unknown;

/**
 * Has what would end the process throw a {@link ProcessExit} where a cell calls it, or what a cell left running.
 * @param end  ends the cell that calls, also if that catches what is thrown; gives whether it runs
 * @returns what ends the process for the kernel itself
 */
export function refuseExits(end: (error: ProcessExit) => boolean): (code: number) => void {
  let leaving = false;
  const refuse = (name: string, endsProcess: (args: readonly unknown[]) => boolean = () => true): void => {
    const original: unknown = Reflect.get(process, name);
    if (typeof original !== "function") return; // this Node has none
    const call: Call = (...args) => {
      if (leaving || currentCell() === undefined || !endsProcess(args))
        return Reflect.apply(original, process, args);
      const error = new ProcessExit(`process.${name}(${args.map(String).join(", ")})`);
      error.endsCell = end(error);
      throw error;
    };
    Reflect.set(process, name, call);
  };
  for (const name of ["exit", "reallyExit", "abort", "execve"]) refuse(name);
  refuse("kill", ([pid, signal]) => endsThisProcess(Number(pid), signal));
  hearSignals();
  syncBuiltinESMExports();
  return (code) => {
    leaving = true;
    process.exit(code);
  };
}

/** Whether a signal to a process, or to a process group, would end this process. */
function endsThisProcess(pid: number, signal: unknown = "SIGTERM"): boolean {
  if (pid !== process.pid && pid !== -process.pid && pid !== 0) return false;
  const [name, number] =
    Object.entries(constants.signals).find(([name, number]) => signal === name || signal === number) ?? [];
  if (name === undefined || number === undefined || harmless.has(number)) return false; // Node refuses unknown ones
  return process.listenerCount(name) === 0 && !received.has(name);
}

/** Remembers the signals that somebody listens to and that came. */
function hearSignals(): void {
  const { emit } = process;
  const listening = (...args: readonly unknown[]): unknown => {
    if (typeof args[0] === "string" && args[0] in constants.signals) received.add(args[0]);
    return Reflect.apply(emit, process, args);
  };
  Object.assign(process, { emit: listening });
}
