/** The processes of this machine: who started whom, and which are of one group. */
import { readdirSync, readFileSync } from "node:fs";

/** A process that runs. */
export interface Process {
  readonly pid: number;
  /** Who started it; 1, or who else adopts such, if that one has ended. */
  readonly parent: number;
  /** The group that a terminal's Ctrl-C reaches as one: named by the process that began it. */
  readonly group: number;
}

/** All processes that run; not those that have ended and that nobody has asked about. */
export function processes(): readonly Process[] {
  return process.platform === "linux" ? fromProc() : fromPs();
}

/** A process and what it has started, as far as who stands between them still runs. */
export function treeOf(root: number, all: readonly Process[]): readonly Process[] {
  const tree = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid)); // which the loop comes to
  return tree;
}

function fromProc(): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const text = readStat(name);
      const [state = "", parent, group] = text.slice(text.lastIndexOf(")") + 2).split(" "); // the name before may hold anything
      return isGone(state) ? [] : [{ pid: Number(name), parent: Number(parent), group: Number(group) }];
    });
}

/** Empty if the process has ended meanwhile. */
function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}

function fromPs(): Process[] {
  const { execFileSync } = process.getBuiltinModule("node:child_process"); // elsewhere a kernel's start need not wait for it
  const text = execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat="], { encoding: "utf8" });
  return text.split("\n").flatMap((line) => {
    const [pid, parent, group, state = ""] = line.trim().split(/\s+/);
    return isGone(state) ? [] : [{ pid: Number(pid), parent: Number(parent), group: Number(group) }];
  });
}

/** Whether a process of that state does nothing any more; "" is that of none. */
function isGone(state: string): boolean {
  return state === "" || state.startsWith("Z");
}
