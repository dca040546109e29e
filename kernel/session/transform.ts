import * as ts from "@tslab/typescript-for-tslab";

/** What the script of a cell brings about, beside what its code says. */
export interface Plan {
  /** For each name that the cell declares as a value, the expression that reads it; its own name where it can be set. */
  readonly bindings: Map<string, string>;
  /** The specifiers of what it imports. */
  readonly imports: string[];
}

/** Names of what a cell's script is given; see {@link Runtime}. */
export const given = { cell: "__cell__", scope: "__scope__" } as const;

/**
 * Turns a cell into the body of a function: earlier cells' variables become properties of the scope, imports become
 * loads, and the last expression is returned, in an array so that a promise is not awaited.
 *
 * @param cell   the file of the cell, bound; its suffix exports all it declares
 * @param outer  the files of what earlier cells and the kernel declare
 */
export function cellTransformer(
  checker: ts.TypeChecker,
  cell: ts.SourceFile,
  outer: readonly ts.SourceFile[],
  plan: Plan,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const { factory } = context;
    const imports = new Imports(factory, cell);
    const body: ts.Statement[] = [];
    for (const statement of file.statements) {
      if (ts.isImportDeclaration(statement)) {
        imports.add(statement);
        if (ts.isStringLiteral(statement.moduleSpecifier)) plan.imports.push(statement.moduleSpecifier.text);
      }
      if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) body.push(statement);
    }
    const rewrite = createRewriter(context, checker, outer, imports);
    const statements = body.map((statement) => ts.visitNode(statement, rewrite, ts.isStatement));
    addBindings(cell, imports, plan);
    const last = statements.at(-1);
    if (last !== undefined && ts.isExpressionStatement(last)) {
      const value = factory.createReturnStatement(factory.createArrayLiteralExpression([last.expression]));
      statements[statements.length - 1] = ts.setTextRange(value, last);
    }
    return factory.updateSourceFile(file, [...imports.statements(), ...statements]);
  };
}

function addBindings(cell: ts.SourceFile, imports: Imports, plan: Plan): void {
  for (const [name, expression] of imports.bindings()) plan.bindings.set(name, expression);
  cell.locals?.forEach((symbol) => {
    if (hasVariable(symbol)) plan.bindings.set(symbol.name, symbol.name);
  });
}

/** Whether a variable of the cell's code stands for the symbol when it runs; those of imports aside. */
function hasVariable(symbol: ts.Symbol): boolean {
  const declarations = symbol.declarations ?? [];
  if (symbol.flags & ts.SymbolFlags.Alias) return declarations.some(ts.isImportEqualsDeclaration);
  if ((symbol.flags & ts.SymbolFlags.Value) === 0) return false;
  return declarations.some(
    (declaration) => (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Ambient) === 0,
  );
}

type Rewriter = (node: ts.Node) => ts.Node;

function createRewriter(
  context: ts.TransformationContext,
  checker: ts.TypeChecker,
  outer: readonly ts.SourceFile[],
  imports: Imports,
): Rewriter {
  const { factory } = context;
  const replacement = (symbol: ts.Symbol | undefined): ts.Expression | undefined => {
    if (symbol === undefined) return undefined;
    if (outer.some(({ locals }) => locals?.get(symbol.escapedName) === symbol))
      return factory.createPropertyAccessExpression(factory.createIdentifier(given.scope), symbol.name);
    return imports.reference(symbol);
  };
  const rewriteShorthand = (node: ts.ShorthandPropertyAssignment): ts.Node => {
    const original = ts.getParseTreeNode(node, ts.isShorthandPropertyAssignment);
    const value = replacement(original && checker.getShorthandAssignmentValueSymbol(original));
    if (value === undefined) return ts.visitEachChild(node, rewrite, context);
    const fallback = node.objectAssignmentInitializer;
    const whole =
      fallback === undefined
        ? value
        : factory.createAssignment(value, ts.visitNode(fallback, rewrite, ts.isExpression));
    return ts.setTextRange(factory.createPropertyAssignment(node.name, whole), node);
  };
  const rewriteCall = (node: ts.CallExpression): ts.Node => {
    if (node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const load = factory.createPropertyAccessExpression(factory.createIdentifier(given.cell), "import");
      return ts.visitEachChild(ts.setTextRange(factory.createCallExpression(load, undefined, node.arguments), node), rewrite, context);
    }
    const visited = ts.visitEachChild(node, rewrite, context);
    if (visited.expression === node.expression || !ts.isIdentifier(node.expression)) return visited;
    const callee = factory.createParenthesizedExpression(factory.createComma(factory.createNumericLiteral(0), visited.expression));
    return factory.updateCallExpression(visited, ts.setTextRange(callee, node.expression), undefined, visited.arguments);
  };
  const rewrite: Rewriter = (node) => {
    if (ts.isIdentifier(node)) {
      const original = ts.getParseTreeNode(node, ts.isIdentifier) ?? node;
      if (isNameOfMember(original)) return node;
      const replaced = replacement(checker.getSymbolAtLocation(original));
      return replaced === undefined ? node : ts.setOriginalNode(ts.setTextRange(replaced, node), node);
    }
    if (ts.isShorthandPropertyAssignment(node)) return rewriteShorthand(node);
    if (ts.isCallExpression(node)) return rewriteCall(node);
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
      return factory.createPropertyAccessExpression(factory.createIdentifier(given.cell), "meta");
    return ts.visitEachChild(node, rewrite, context);
  };
  return rewrite;
}

function isNameOfMember(node: ts.Identifier): boolean {
  const parent: ts.Node | undefined = node.parent;
  return parent !== undefined && ts.isPropertyAccessExpression(parent) && parent.name === node;
}

/** The imports of a cell that are left once those of types alone are gone. */
class Imports {
  readonly #factory: ts.NodeFactory;
  readonly #cell: ts.SourceFile;
  readonly #statements: ts.Statement[] = [];
  /** By local name: the module's variable and the name of the export there, undefined for the module itself. */
  readonly #names = new Map<string, { readonly module: string; readonly name: string | undefined }>();

  constructor(factory: ts.NodeFactory, cell: ts.SourceFile) {
    this.#factory = factory;
    this.#cell = cell;
  }

  add(statement: ts.ImportDeclaration): void {
    const clause = statement.importClause;
    if (clause === undefined) return this.#load("module", statement);
    const bindings = clause.namedBindings;
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
    return found.name === undefined ? module : this.#factory.createPropertyAccessExpression(module, found.name);
  }

  #module(form: string, statement: ts.ImportDeclaration): string {
    const name = `__module${this.#statements.length}__`;
    this.#load(form, statement, name);
    return name;
  }

  #load(form: string, statement: ts.ImportDeclaration, name?: string): void {
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
    this.#statements.push(ts.setTextRange(loading, statement));
  }
}
