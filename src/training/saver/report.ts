/** What was loaded into a model, and what was not. */
import { inspect } from "node:util";
import { bundleOf, displayable, type Displayable } from "../../display/bundle";
import { table, type TableRow } from "../../display/table";

/** What was done with each variable, by name; shows itself as a table. */
export interface InitReport extends Displayable {
  /** What was read, as findCheckpoint() found it. */
  readonly checkpoint: string;
  readonly loaded: readonly string[];
  /** The names in the checkpoint of those loaded that are called otherwise there. */
  readonly mapped: Readonly<Record<string, string>>;
  /** Left out because of `excludeScopes`. */
  readonly excluded: readonly string[];
  /** Not in the checkpoint; only with `ignoreMissing`. */
  readonly missing: readonly string[];
  /** The excluded ones that have another shape in the checkpoint, such as a head for other classes. */
  readonly shapeMismatch: readonly string[];
  /** Entries of the checkpoint that nothing was loaded from, such as global_step or an optimizer's. */
  readonly unused: readonly string[];
  toString(): string;
}

/** The first of many names, in a line. */
export function firstOf(names: readonly string[], count: number): string {
  const more = names.length > count ? `, … (${names.length - count} more)` : "";
  return names.slice(0, count).join(", ") + more;
}

/** What a report is of. */
interface InitLists extends Omit<InitReport, keyof Displayable | "toString" | typeof inspect.custom> {
  /** Further lines of the table, by what was done. @default none */
  readonly others?: Readonly<Record<string, readonly string[]>>;
  /** The line above the table, before where it was read. @default none */
  readonly title?: string;
}

/** What was done, as it shows itself. */
export function initReport({ others = {}, title, ...lists }: InitLists): InitReport {
  const row = (what: string, names: readonly string[]): TableRow[] =>
    names.length === 0 ? [] : [{ "": what, count: names.length, names: firstOf(names, 3) }];
  const rows = [
    ...row("loaded", lists.loaded),
    ...row(
      "of these, under other names",
      Object.entries(lists.mapped).map(([name, source]) => `${name} from ${source}`),
    ),
    ...row("left out", lists.excluded),
    ...row("left out, of other shape", lists.shapeMismatch),
    ...row("missing", lists.missing),
    ...row("unused in the checkpoint", lists.unused),
    ...Object.entries(others).flatMap(([what, names]) => row(what, names)),
  ];
  const shown = table(rows, {
    caption: title === undefined ? `From ${lists.checkpoint}` : `${title}, from ${lists.checkpoint}`,
  });
  const toString = (): string => shown.toString();
  return displayable({ ...lists, toString, [inspect.custom]: toString }, (context) =>
    bundleOf(shown, context),
  );
}
