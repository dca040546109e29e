import ts from "typescript";
import { nameOf, type Reference, referencesOf, type Space } from "./references";

/** What one statement declares under one name. */
class Entry {
  readonly name: string;
  readonly space: Space;
  readonly text: string;
  #references: readonly Reference[] | undefined;

  constructor(name: string, space: Space, text: string) {
    [this.name, this.space, this.text] = [name, space, text];
  }

  get references(): readonly Reference[] {
    return (this.#references ??= referencesOf(this.text));
  }

  refersTo(name: string, space: Space): boolean {
    return this.references.some((reference) => reference.name === name && overlap(reference.space, space));
  }

  /** The same with other names in place of those it refers to. */
  renamed(names: ReadonlyMap<string, Renamed>): Entry {
    let { text } = this;
    for (const { name, space, start, end } of this.references.toReversed()) {
      const other = names.get(name);
      if (other !== undefined && overlap(other.space, space))
        text = text.slice(0, start) + other.name + text.slice(end);
    }
    return text === this.text ? this : new Entry(this.name, this.space, text);
  }
}

interface Renamed {
  readonly name: string;
  readonly space: Space;
}

/** What the names of declarations begin with that only older ones refer to. */
export const olderPrefix = "__older";

/** What the cells run so far have declared, as the text of a .d.ts file; each name once. */
export class Declarations {
  static readonly none = new Declarations([], 0);
  readonly #entries: readonly Entry[];
  /** How many names were replaced so far that others refer to. */
  readonly #older: number;
  #text: string | undefined;

  private constructor(entries: readonly Entry[], older: number) {
    this.#entries = entries;
    this.#older = older;
  }

  /** The text of the file. */
  get text(): string {
    return (this.#text ??= this.#entries.map(({ text }) => text).join("\n"));
  }

  /** The names declared, of values and of types. */
  get names(): Set<string> {
    return new Set(this.#entries.map(({ name }) => name).filter((name) => !name.startsWith(olderPrefix)));
  }

  /**
   * Adds what a cell declares, which replaces what was declared under the same names. What refers to one of these keeps
   * meaning the older one: a variable of a class keeps its type when the class is declared anew.
   *
   * @param text    the .d.ts file of the cell
   * @param except  names that keep what they were, since the cell did not come to them
   * @param only    the names that are meant. @default all
   */
  with(text: string, except: ReadonlySet<string> = new Set(), only?: ReadonlySet<string>): Declarations {
    const added = parseEntries(text).filter(({ name }) => !except.has(name) && only?.has(name) !== false);
    if (added.length === 0) return this;
    const spaces = spacesOf(added);
    const isReplaced = ({ name, space }: Entry): boolean => overlap(spaces.get(name), space);
    const kept = this.#entries.filter((entry) => !isReplaced(entry));
    const replaced = changed(this.#entries.filter(isReplaced), added);
    const names = new Map<string, Renamed>();
    let older = this.#older;
    for (const [name, entries] of replaced) {
      const space = spacesOf(entries).get(name) ?? "both";
      const isNeeded = (entry: Entry): boolean => entry.refersTo(name, space);
      const others = [...replaced].filter(([other]) => other !== name).flatMap(([, of]) => of);
      const livesOn = space === "both" && spaces.get(name) === "type"; // the value does
      if (livesOn || kept.some(isNeeded) || others.some(isNeeded))
        names.set(name, { name: olderName(entries, ++older), space });
    }
    const retired = [...names].flatMap(([name, { name: other }]) =>
      retire(replaced.get(name) ?? [], other, names),
    );
    const values = [...names].filter(([name, { space }]) => space === "both" && spaces.get(name) === "type");
    const alive = values.map(
      ([name, to]) => new Entry(name, "value", `declare let ${name}: typeof ${to.name};`),
    );
    const all = [...retired, ...kept.map((entry) => entry.renamed(names)), ...alive, ...added];
    return new Declarations(withoutUnused(all), older);
  }
}

function overlap(a: Space | undefined, b: Space): boolean {
  return a !== undefined && (a === "both" || b === "both" || a === b);
}

function spacesOf(entries: readonly Entry[]): Map<string, Space> {
  const spaces = new Map<string, Space>();
  for (const { name, space } of entries) {
    const other = spaces.get(name);
    spaces.set(name, other === undefined || other === space ? space : "both");
  }
  return spaces;
}

/**
 * By name, those of the replaced entries that are declared otherwise now, or whose declaration refers to one that is:
 * what reads the same as before means the same.
 */
function changed(replaced: readonly Entry[], added: readonly Entry[]): Map<string, Entry[]> {
  const textOf = (entries: readonly Entry[], name: string): string =>
    entries.flatMap((entry) => (entry.name === name ? entry.text : [])).join("\n");
  const others = new Set(replaced.map(({ name }) => name));
  const found = new Map<string, Entry[]>();
  for (let isComplete = false; !isComplete;) {
    isComplete = true;
    for (const name of others) {
      const entries = replaced.filter((entry) => entry.name === name);
      const refers = entries.some((entry) => entry.references.some((reference) => found.has(reference.name)));
      if (!refers && textOf(entries, name) === textOf(added, name)) continue;
      found.set(name, entries);
      others.delete(name);
      isComplete = false;
    }
  }
  return found;
}

function isImport({ text }: Entry): boolean {
  return /^import\b[^=]* from /.test(text);
}

/** By what others refer to older entries of one name. */
function olderName(entries: readonly Entry[], count: number): string {
  const [first] = entries;
  const own = `${olderPrefix}${count}`;
  return first === undefined || entries.some(isImport) ? own : `${own}.${first.name}`;
}

/** Entries of one name as they are declared once another has that name. */
function retire(entries: readonly Entry[], other: string, names: ReadonlyMap<string, Renamed>): Entry[] {
  const [own = ""] = other.split(".");
  const imported = entries.find(isImport);
  if (imported !== undefined) return [new Entry(own, "both", importAs(imported.text, own))];
  const lines = entries.map((entry) => entry.renamed(names).text.replace(/(^|\*\/\s*)declare\s+/, "$1"));
  return [new Entry(own, "both", `declare namespace ${own} {\n${lines.join("\n")}\n}`)];
}

/** An import of one name, by another. */
function importAs(text: string, other: string): string {
  return text
    .replace(/^(import (?:type )?)(\w+) from/, `$1${other} from`)
    .replace(/\* as \S+/, `* as ${other}`)
    .replace(/\{ (type )?(\S+)(?: as \S+)? \}/, `{ $1$2 as ${other} }`);
}

/** Leaves out what is older and that nothing refers to, be it by way of another. */
function withoutUnused(entries: readonly Entry[]): Entry[] {
  const isOlder = ({ name }: Entry): boolean => name.startsWith(olderPrefix);
  if (!entries.some(isOlder)) return [...entries];
  const used = new Set<string>();
  const use = (entry: Entry): void => {
    for (const { name } of entry.references) {
      if (!name.startsWith(olderPrefix) || used.has(name)) continue;
      used.add(name);
      entries.filter((other) => other.name === name).forEach(use);
    }
  };
  entries.filter((entry) => !isOlder(entry)).forEach(use);
  return entries.filter((entry) => !isOlder(entry) || used.has(entry.name));
}

function parseEntries(text: string): Entry[] {
  const file = ts.createSourceFile("cell.d.ts", text, ts.ScriptTarget.ES2022, false);
  return file.statements.flatMap((statement) => entriesOf(statement, file));
}

function entriesOf(statement: ts.Statement, file: ts.SourceFile): Entry[] {
  const text = statement.getFullText(file).trim();
  if (ts.isVariableStatement(statement)) return variables(statement, text, file);
  if (ts.isImportDeclaration(statement)) return imports(statement, file);
  const name = nameOf(statement);
  if (name === undefined) return [];
  const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
  const space = isType ? "type" : ts.isFunctionDeclaration(statement) ? "value" : "both";
  return [new Entry(name, space, text)];
}

function variables(statement: ts.VariableStatement, text: string, file: ts.SourceFile): Entry[] {
  const { declarations, flags } = statement.declarationList;
  const keyword =
    (flags & ts.NodeFlags.Const) !== 0 ? "const" : (flags & ts.NodeFlags.Let) !== 0 ? "let" : "var";
  return declarations.map((declaration) => {
    const one = declarations.length === 1 ? text : `declare ${keyword} ${declaration.getText(file)};`;
    return new Entry(declaration.name.getText(file), "value", keyword === "const" ? one : evolving(one));
  });
}

/** A variable that begins as null or undefined may become anything, as it may in its own cell. */
function evolving(text: string): string {
  return text.replace(/: (null|undefined);$/, ": any;");
}

/** One entry for each name that an import brings, as types and values alike. */
function imports(statement: ts.ImportDeclaration, file: ts.SourceFile): Entry[] {
  const clause = statement.importClause;
  if (clause === undefined) return [];
  const from = `from ${statement.moduleSpecifier.getText(file)};`;
  const keyword = clause.isTypeOnly ? "import type" : "import";
  const entry = (name: string, what: string): Entry => new Entry(name, "both", `${keyword} ${what} ${from}`);
  const entries = clause.name === undefined ? [] : [entry(clause.name.text, clause.name.text)];
  const bindings = clause.namedBindings;
  if (bindings === undefined) return entries;
  if (ts.isNamespaceImport(bindings)) return [...entries, entry(bindings.name.text, bindings.getText(file))];
  return [
    ...entries,
    ...bindings.elements.map((element) => entry(element.name.text, `{ ${element.getText(file)} }`)),
  ];
}
