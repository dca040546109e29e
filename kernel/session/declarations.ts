import * as ts from "typescript";

type Space = "value" | "type" | "both";

interface Entry {
  readonly name: string;
  readonly space: Space;
  readonly text: string;
}

/** What the cells run so far have declared, as the text of a .d.ts file; each name once. */
export class Declarations {
  static readonly none = new Declarations([]);
  readonly #entries: readonly Entry[];
  #text: string | undefined;

  private constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  /** The text of the file. */
  get text(): string {
    return (this.#text ??= this.#entries.map(({ text }) => text).join("\n"));
  }

  /** The names declared, of values and of types. */
  get names(): Set<string> {
    return new Set(this.#entries.map(({ name }) => name));
  }

  /**
   * Adds what a cell declares, which replaces what was declared under the same names.
   *
   * @param text    the .d.ts file of the cell
   * @param except  names that keep what they were, since the cell did not come to them
   */
  with(text: string, except: ReadonlySet<string> = new Set()): Declarations {
    const added = parseEntries(text).filter(({ name }) => !except.has(name));
    if (added.length === 0) return this;
    const spaces = new Map<string, Space>();
    for (const { name, space } of added) {
      const other = spaces.get(name);
      spaces.set(name, other === undefined || other === space ? space : "both");
    }
    const kept: Entry[] = [];
    for (const entry of this.#entries) {
      const space = spaces.get(entry.name);
      if (space === undefined || (space !== "both" && entry.space !== "both" && space !== entry.space))
        kept.push(entry);
      else if (entry.space === "both" && space === "type") kept.push(anyValue(entry.name)); // the value lives on
    }
    return new Declarations([...kept, ...added]);
  }
}

function anyValue(name: string): Entry {
  return { name, space: "value", text: `declare let ${name}: any;` };
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
  return [{ name, space, text }];
}

function nameOf(statement: ts.Statement): string | undefined {
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement) ||
    ts.isImportEqualsDeclaration(statement);
  return isNamed ? statement.name?.text : undefined;
}

function variables(statement: ts.VariableStatement, text: string, file: ts.SourceFile): Entry[] {
  const { declarations, flags } = statement.declarationList;
  const keyword =
    (flags & ts.NodeFlags.Const) !== 0 ? "const" : (flags & ts.NodeFlags.Let) !== 0 ? "let" : "var";
  return declarations.map((declaration) => ({
    name: declaration.name.getText(file),
    space: "value",
    text: declarations.length === 1 ? text : `declare ${keyword} ${declaration.getText(file)};`,
  }));
}

/** One entry for each name that an import brings, as types and values alike. */
function imports(statement: ts.ImportDeclaration, file: ts.SourceFile): Entry[] {
  const clause = statement.importClause;
  if (clause === undefined) return [];
  const from = `from ${statement.moduleSpecifier.getText(file)};`;
  const keyword = clause.isTypeOnly ? "import type" : "import";
  const entry = (name: string, what: string): Entry => ({
    name,
    space: "both",
    text: `${keyword} ${what} ${from}`,
  });
  const entries = clause.name === undefined ? [] : [entry(clause.name.text, clause.name.text)];
  const bindings = clause.namedBindings;
  if (bindings === undefined) return entries;
  if (ts.isNamespaceImport(bindings)) return [...entries, entry(bindings.name.text, bindings.getText(file))];
  return [
    ...entries,
    ...bindings.elements.map((element) => entry(element.name.text, `{ ${element.getText(file)} }`)),
  ];
}
