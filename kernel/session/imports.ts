import ts from "typescript";

/** Names of what a cell's script is given; see {@link Runtime}. */
export const given = { cell: "__cell__", scope: "__scope__" } as const;

/** What names the module that is loaded. */
type Loading = ts.ImportDeclaration | { readonly moduleSpecifier: ts.Expression };

/** The imports of a cell that are left once those of types alone are gone. */
export class Imports {
  readonly #factory: ts.NodeFactory;
  readonly #cell: ts.SourceFile;
  readonly #statements: ts.Statement[] = [];
  /** By local name: the module's variable and the name of the export there, undefined for the module itself. */
  readonly #names = new Map<string, { readonly module: string; readonly name: string | undefined }>();

  /** The specifiers of what is loaded, in order. */
  readonly specifiers: string[] = [];
  /** The declarations of what `export * from` brings. */
  declarations = "";

  constructor(factory: ts.NodeFactory, cell: ts.SourceFile) {
    this.#factory = factory;
    this.#cell = cell;
  }

  add(statement: ts.ImportDeclaration): void {
    this.#note(statement.moduleSpecifier);
    const clause = statement.importClause;
    if (clause === undefined) return this.#load("module", statement);
    const bindings = clause.namedBindings;
    if (ts.getParseTreeNode(statement) === undefined) return this.#destructure(statement, bindings);
    if (clause.name !== undefined) {
      this.#names.set(clause.name.text, { module: this.#module("default", statement), name: "default" });
    }
    if (bindings === undefined) return;
    if (ts.isNamespaceImport(bindings)) {
      this.#names.set(bindings.name.text, { module: this.#module("namespace", statement), name: undefined });
      return;
    }
    for (const { name, propertyName } of bindings.elements) {
      const imported = (propertyName ?? name).text;
      const module = this.#module(imported === "default" ? "default" : "module", statement);
      this.#names.set(name.text, { module, name: imported });
    }
  }

  /** Has `export * from` bring all that the module exports to later cells, but for what the cell itself declares. */
  addAll(statement: ts.ExportDeclaration, checker: ts.TypeChecker): void {
    const { moduleSpecifier, exportClause } =
      ts.getParseTreeNode(statement, ts.isExportDeclaration) ?? statement;
    if (moduleSpecifier === undefined || exportClause !== undefined) return;
    const symbol = checker.getSymbolAtLocation(moduleSpecifier);
    if (symbol === undefined) return;
    this.#note(moduleSpecifier);
    const module = this.#module("module", { moduleSpecifier });
    const exported = checker.getExportsOfModule(symbol).filter(({ name, escapedName }) => {
      return (
        /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) &&
        name !== "default" &&
        this.#cell.locals?.has(escapedName) !== true
      );
    });
    const names = exported.map(({ name }) => name).filter((name) => !this.#names.has(name));
    for (const name of names) this.#names.set(name, { module, name });
    if (names.length > 0)
      this.declarations += `import { ${names.join(", ")} } from ${moduleSpecifier.getText(this.#cell)};\n`;
  }

  statements(): readonly ts.Statement[] {
    return this.#statements;
  }

  /** How each imported name is read. */
  *bindings(): Iterable<[string, string]> {
    for (const [local, { module, name }] of this.#names) {
      yield [local, name === undefined ? module : `${module}[${JSON.stringify(name)}]`];
    }
  }

  /** The expression for a symbol that one of the imports brings. */
  reference(symbol: ts.Symbol): ts.Expression | undefined {
    const found = this.#names.get(symbol.name);
    if (found === undefined || this.#cell.locals?.get(symbol.escapedName) !== symbol) return undefined;
    const module = this.#factory.createIdentifier(found.module);
    return found.name === undefined
      ? module
      : this.#factory.createPropertyAccessExpression(module, found.name);
  }

  /** An import that is TypeScript's own, of the functions that make JSX: by names that it has made. */
  #destructure(statement: ts.ImportDeclaration, bindings: ts.NamedImportBindings | undefined): void {
    if (bindings === undefined || !ts.isNamedImports(bindings)) return;
    const factory = this.#factory;
    const elements = bindings.elements.map(({ name, propertyName }) =>
      factory.createBindingElement(undefined, propertyName, name),
    );
    this.#load("module", statement, factory.createObjectBindingPattern(elements));
  }

  #note(specifier: ts.Expression): void {
    if (ts.isStringLiteral(specifier)) this.specifiers.push(specifier.text);
  }

  #module(form: string, statement: Loading): string {
    const name = `__module${this.#statements.length}__`;
    this.#load(form, statement, name);
    return name;
  }

  #load(form: string, statement: Loading, name?: string | ts.BindingName): void {
    const factory = this.#factory;
    const load = factory.createPropertyAccessExpression(factory.createIdentifier(given.cell), form);
    const call = factory.createCallExpression(load, undefined, [statement.moduleSpecifier]);
    const loading =
      name === undefined
        ? factory.createExpressionStatement(call)
        : factory.createVariableStatement(
            undefined,
            factory.createVariableDeclarationList(
              [factory.createVariableDeclaration(name, undefined, undefined, call)],
              ts.NodeFlags.Const,
            ),
          );
    this.#statements.push("kind" in statement ? ts.setTextRange(loading, statement) : loading);
  }
}
