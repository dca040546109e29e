import ts from "typescript";
import { type Alias, bindAliases } from "./aliases";
import { given, Imports } from "./imports";
import { requiredAsConst, withoutThis } from "./rewriting";
import { declareNested, textOfValue } from "./types";

/** What the script of a cell brings about, beside what its code says. */
export interface Plan {
  /** For each name that the cell declares as a value, the expression that reads it; its own name where it can be set. */
  readonly bindings: Map<string, string>;
  /** The specifiers of what it imports. */
  readonly imports: string[];
  /** Other names under which it exports what it declares. */
  readonly aliases: readonly Alias[];
  /** What its .d.ts file leaves out. */
  declarations: string;
  /** The type of its last expression. */
  type: string | undefined;
}

/**
 * Has a cell return its last expression, in an array so that a promise is not awaited. Before all else, since after it
 * what the user wrote last may stand within more, as what follows `using` does, or have something behind it.
 */
export const returnLast: ts.TransformerFactory<ts.SourceFile> =
  ({ factory }) =>
  (file) => {
    const last = lastExpression(file);
    if (last === undefined) return file;
    const value = factory.createReturnStatement(factory.createArrayLiteralExpression([last.expression]));
    const returned = ts.setOriginalNode(ts.setTextRange(value, last), last);
    return factory.updateSourceFile(
      file,
      file.statements.map((statement) => (statement === last ? returned : statement)),
    );
  };

/** `import x = require("y")` as `const x = …`, which TypeScript would leave out, since it is none of an ES module. */
export const requireEquals: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
  const { factory } = context;
  const load = factory.createPropertyAccessExpression(factory.createIdentifier(given.cell), "require");
  const visit = (node: ts.Node): ts.Node =>
    ts.isImportEqualsDeclaration(node) ? requiredAsConst(factory, node, load) : node;
  return ts.visitEachChild(file, visit, context);
};

/** The statement whose value a cell has; what tslab exports stands behind it. */
function lastExpression(file: ts.SourceFile): ts.ExpressionStatement | undefined {
  const last = file.statements.findLast((statement) => !ts.isExportDeclaration(statement));
  return last !== undefined && ts.isExpressionStatement(last) ? last : undefined;
}

/**
 * Turns a cell into the body of a function: earlier cells' variables become properties of the scope, and imports become
 * loads.
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
      if (ts.isImportDeclaration(statement)) imports.add(statement);
      if (ts.isExportDeclaration(statement)) imports.addAll(statement, checker);
      if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) body.push(statement);
    }
    const { rewrite } = new Rewriter(context, checker, outer, imports);
    const statements = body.map((statement) => ts.visitNode(statement, rewrite, ts.isStatement));
    addBindings(cell, imports, plan);
    plan.imports.push(...imports.specifiers);
    plan.declarations =
      declareNested(checker, cell) + imports.declarations + bindAliases(checker, cell, plan);
    const last = lastExpression(cell);
    plan.type = last === undefined ? undefined : textOfValue(checker, last.expression, cell);
    return factory.updateSourceFile(file, [...imports.statements(), ...statements]);
  };
}

function addBindings(cell: ts.SourceFile, imports: Imports, plan: Plan): void {
  for (const [name, expression] of imports.bindings()) plan.bindings.set(name, expression);
  cell.locals?.forEach((symbol) => {
    if (hasVariable(symbol)) plan.bindings.set(symbol.name, symbol.name);
  });
}

/** Whether a variable stands for the symbol when the cell runs, a global one for `declare`; those of imports aside. */
function hasVariable(symbol: ts.Symbol): boolean {
  if (symbol.flags & ts.SymbolFlags.Alias)
    return symbol.declarations?.some(ts.isImportEqualsDeclaration) ?? false;
  return (symbol.flags & ts.SymbolFlags.Value) !== 0;
}

/** Rewrites a cell's expressions. */
class Rewriter {
  readonly #context: ts.TransformationContext;
  readonly #checker: ts.TypeChecker;
  readonly #outer: readonly ts.SourceFile[];
  readonly #imports: Imports;

  constructor(
    context: ts.TransformationContext,
    checker: ts.TypeChecker,
    outer: readonly ts.SourceFile[],
    imports: Imports,
  ) {
    this.#context = context;
    this.#checker = checker;
    this.#outer = outer;
    this.#imports = imports;
  }

  readonly rewrite = (node: ts.Node): ts.Node => {
    if (ts.isIdentifier(node)) return this.#identifier(node);
    if (ts.isShorthandPropertyAssignment(node)) return this.#shorthand(node);
    if (ts.isCallExpression(node)) return this.#call(node);
    if (ts.isAwaitExpression(node)) return this.#await(node);
    if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return this.#forAwait(node);
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
      return this.#given("meta");
    return this.#children(node);
  };

  #children<T extends ts.Node>(node: T): T {
    return ts.visitEachChild(node, this.rewrite, this.#context);
  }

  #given(name: string): ts.Expression {
    const { factory } = this.#context;
    return factory.createPropertyAccessExpression(factory.createIdentifier(given.cell), name);
  }

  /** What stands for a variable of an earlier cell or an import; undefined for any other symbol. */
  #replacement(symbol: ts.Symbol | undefined): ts.Expression | undefined {
    if (symbol === undefined) return undefined;
    const isOuter = this.#outer.some(({ locals }) => locals?.get(symbol.escapedName) === symbol);
    if (!isOuter) return this.#imports.reference(symbol);
    const { factory } = this.#context;
    return factory.createPropertyAccessExpression(factory.createIdentifier(given.scope), symbol.name);
  }

  #identifier(node: ts.Identifier): ts.Node {
    const original = ts.getParseTreeNode(node, ts.isIdentifier) ?? node;
    if (isNameOfMember(original)) return node;
    const replaced = this.#replacement(this.#symbolOf(original));
    return replaced === undefined ? node : ts.setOriginalNode(ts.setTextRange(replaced, node), node);
  }

  /** What a name stands for; also the `React` that TypeScript puts in for JSX. */
  #symbolOf(node: ts.Identifier): ts.Symbol | undefined {
    const parent: ts.Node | undefined = node.parent;
    if (parent === undefined || !(ts.isJsxOpeningLikeElement(parent) || ts.isJsxFragment(parent)))
      return this.#checker.getSymbolAtLocation(node);
    return this.#checker.resolveName(node.text, parent, ts.SymbolFlags.Value, false);
  }

  /** `{ name }` is written out, since what stands for the name is no name. */
  #shorthand(node: ts.ShorthandPropertyAssignment): ts.Node {
    const { factory } = this.#context;
    const original = ts.getParseTreeNode(node, ts.isShorthandPropertyAssignment);
    const value = this.#replacement(original && this.#checker.getShorthandAssignmentValueSymbol(original));
    if (value === undefined) return this.#children(node);
    const fallback = node.objectAssignmentInitializer;
    const whole =
      fallback === undefined
        ? value
        : factory.createAssignment(value, ts.visitNode(fallback, this.rewrite, ts.isExpression));
    return ts.setTextRange(factory.createPropertyAssignment(node.name, whole), node);
  }

  /** What is awaited is given to the runner first, so that an interrupt ends the waiting. */
  #await(node: ts.AwaitExpression): ts.Node {
    const visited = this.#children(node);
    return this.#context.factory.updateAwaitExpression(visited, this.#handed("race", visited.expression));
  }

  #forAwait(node: ts.ForOfStatement): ts.Node {
    const visited = this.#children(node);
    const { awaitModifier, initializer, expression, statement } = visited;
    const elements = this.#handed("each", expression);
    return this.#context.factory.updateForOfStatement(
      visited,
      awaitModifier,
      initializer,
      elements,
      statement,
    );
  }

  #handed(name: string, value: ts.Expression): ts.Expression {
    const { factory } = this.#context;
    return ts.setTextRange(factory.createCallExpression(this.#given(name), undefined, [value]), value);
  }

  #call(node: ts.CallExpression): ts.Node {
    const { factory } = this.#context;
    if (node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const call = factory.createCallExpression(this.#given("import"), undefined, node.arguments);
      return this.#children(ts.setTextRange(call, node));
    }
    const visited = this.#children(node);
    if (visited.expression === node.expression || !ts.isIdentifier(node.expression)) return visited;
    const whole = withoutThis(factory, visited.expression, node.expression);
    return factory.updateCallExpression(visited, whole, undefined, visited.arguments);
  }
}

function isNameOfMember(node: ts.Identifier): boolean {
  const parent: ts.Node | undefined = node.parent;
  return parent !== undefined && ts.isPropertyAccessExpression(parent) && parent.name === node;
}
