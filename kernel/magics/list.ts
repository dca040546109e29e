/** What is known of a magic without running it. */
export interface MagicHelp {
  readonly name: string;
  /** How it is written. */
  readonly usage: string;
  readonly description: string;
}

/** All magics, in the order of %help. */
export const magicHelp: readonly MagicHelp[] = [
  { name: "%time", usage: "%time statement", description: "Runs one line and says how long it took" },
  { name: "%%time", usage: "%%time", description: "Runs the cell and says how long it took" },
  {
    name: "%timeit",
    usage: "%timeit [-n loops] [-r runs] [-q] [-o] statement",
    description:
      "Runs one line many times, each after the promise before is settled, and says how long it takes: -q says nothing, -o gives it",
  },
  {
    name: "%%timeit",
    usage: "%%timeit [-n loops] [-r runs] [-q] [-o] [statement]",
    description: "The same for the cell; the statement runs once before",
  },
  {
    name: "%%capture",
    usage: "%%capture [--no-stdout] [--no-stderr] [--no-display] [name]",
    description:
      "Runs the cell and keeps what it prints and shows in a variable: its stdout, stderr, outputs and show()",
  },
  {
    name: "%run",
    usage: "%run file [arguments]",
    description:
      "Runs a TypeScript file, or a notebook's cells, as if they stood here; arguments are in process.argv",
  },
  {
    name: "%%bash",
    usage: "%%bash",
    description: "Runs the rest of the cell in bash, its output as it comes",
  },
  {
    name: "%%writefile",
    usage: "%%writefile [-a] path",
    description: "Writes (-a: appends) the rest of the cell to a file",
  },
  {
    name: "%cd",
    usage: "%cd [path]",
    description:
      "Goes to a folder, without a path home, with - back; imports go on being found from the notebook's",
  },
  {
    name: "%env",
    usage: "%env [NAME[=value]]",
    description: "Shows all environment variables, one, or sets one",
  },
  { name: "%who", usage: "%who", description: "Lists the variables with their types and values" },
  { name: "%reset", usage: "%reset", description: "Forgets all variables, without asking" },
  {
    name: "%reload",
    usage: "%reload",
    description: "Forgets loaded local modules, so that the next import runs them anew",
  },
  { name: "%help", usage: "%help", description: "Lists the magics" },
  {
    name: "!",
    usage: "!command",
    description:
      "Runs a line in bash, anywhere in a cell, with ${expressions} put in; const lines = !command keeps what it prints, _exit_code how it ended",
  },
];

/** Where magics may stand. */
export const magicPlacement =
  "Magics stand on a cell's first lines; further down, % is TypeScript's remainder.";

/** When a ! is none of TypeScript's. */
export const commandPlacement = "A ! before a name that TypeScript knows is its own.";

/** The known name that differs least from an unknown one. */
export function nearestMagic(name: string): string {
  const distances = magicHelp.map((magic) => ({
    name: magic.name,
    distance: editDistance(name, magic.name),
  }));
  return distances.reduce((best, next) => (next.distance < best.distance ? next : best)).name;
}

/** How many letters must be inserted, removed or replaced to make one text of another (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
