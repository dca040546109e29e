import { decodeMappings, type Segment } from "./sourcemap";

/** The code of a cell or of a local module. */
export interface Script {
  /** The source as the user wrote it. */
  readonly source: string;
  /** "Cell [3]" for cells; undefined for files, which are named by their path. */
  readonly label: string | undefined;
}

/** A place in the source; line and column from 1. */
export interface Place {
  readonly label: string | undefined;
  readonly line: number;
  readonly column: number;
}

/** What is needed to find places of a script in its source. */
export interface Mapping {
  /** The `mappings` of the source map. */
  readonly mappings: string;
  /** How many lines the script has before those of the mappings. */
  readonly scriptOffset: number;
  /** How many lines the mappings' source has before those that the user wrote. */
  readonly sourceOffset: number;
  /** How many columns the first of these lines has before those that the user wrote. */
  readonly shift?: number;
}

/** Called with each script of a cell or local module before V8 has it, for the debugger, which then knows its lines. */
export type OnScript = (script: {
  readonly url: string;
  readonly source: string;
  /** `lines[i]` is the source's line (from 1) of script line i + 1, 0 for none. */
  readonly lines: readonly number[];
}) => void;

interface Decoded {
  /** The mappings, once a place was asked for. */
  segments?: readonly (readonly Segment[])[];
}

/** So many scripts are remembered; places in older ones are shown as the JavaScript has them. */
const capacity = 2000;

/** The scripts that were run, by url. */
export class Scripts {
  readonly #onScript: OnScript | undefined;
  readonly #scripts = new Map<string, Script & Mapping & Decoded>();
  readonly #sources = new Map<string, string>();

  constructor(onScript?: OnScript) {
    this.#onScript = onScript;
  }

  get(url: string): Script | undefined {
    return this.#scripts.get(url);
  }

  /** The source of the cell or file of this name, as {@link Place} has it. */
  source(label: string): string | undefined {
    return this.#sources.get(label);
  }

  /** The sources that were run, the latest first. */
  latest(): string[] {
    return [...this.#scripts.values()].map(({ source }) => source).reverse();
  }

  /** Adds a script, or replaces the one of this url. */
  add(url: string, source: string, label: string | undefined, mapping: Mapping): Script {
    this.#scripts.delete(url); // to the end of the queue
    const script: Script & Mapping & Decoded = { source, label, ...mapping };
    this.#scripts.set(url, script);
    this.#sources.set(label ?? url, source);
    for (const queue of [this.#scripts, this.#sources]) {
      const [oldest] = queue.keys();
      if (queue.size > capacity && oldest !== undefined) queue.delete(oldest);
    }
    this.#onScript?.({ url, source, lines: linesOf(mapping) });
    return script;
  }

  /** Where a place of a script comes from; both from 1. Undefined if the script is not known. */
  place(url: string, line: number, column: number): Place | undefined {
    const script = this.#scripts.get(url);
    if (script === undefined) return undefined;
    const { label, scriptOffset, sourceOffset } = script;
    script.segments ??= decodeMappings(script.mappings);
    const segments = script.segments[line - 1 - scriptOffset] ?? [];
    const segment = lastUpTo(segments, column - 1) ?? segments[0];
    if (segment === undefined) return { label, line: 0, column: 0 };
    const sourceLine = segment.sourceLine - sourceOffset;
    const shift = sourceLine === 0 ? (script.shift ?? 0) : 0;
    return { label, line: sourceLine + 1, column: Math.max(segment.sourceColumn - shift, 0) + 1 };
  }
}

function lastUpTo(segments: readonly Segment[], column: number): Segment | undefined {
  return segments.filter((segment) => segment.column <= column).at(-1);
}

/** The source's line (from 1) of each line of a script, 0 for none. */
function linesOf({ mappings, scriptOffset, sourceOffset }: Mapping): number[] {
  const lines = decodeMappings(mappings).map(([first]) =>
    first === undefined ? 0 : Math.max(first.sourceLine - sourceOffset + 1, 0),
  );
  return [...Array.from({ length: scriptOffset }, () => 0), ...lines];
}
