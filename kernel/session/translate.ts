import ts from "typescript";
import { awaits } from "./prepare";
import { isOfItsOwn, requiredAsConst, withoutThis } from "./rewriting";
import { TextError } from "./texterror";

/** The JavaScript that is made of a local module. */
export interface Translation {
  /** A call of `System.register` for an ES module, else a CommonJS module. */
  readonly javascript: string;
  /** The mappings of its source map. */
  readonly mappings: string;
  readonly isModule: boolean;
  /** Whether it awaits at its top level. */
  readonly isAsync: boolean;
}

/** The name of what a local module's script is given beside what Node gives. */
const givenModule = "__module__";

/**
 * Makes JavaScript of a local module. What TypeScript writes for System keeps what counts of ES modules: names that live, functions
 * that are there before their module has run, so that modules can import one another, and `await` at the top level.
 */
export function translate(path: string, text: string, options: ts.CompilerOptions): Translation {
  const fileName = path.replace(/\.[cm]([tj]s)$/, ".$1"); // whose format would be their own
  const file = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true);
  expectWhole(path, file);
  const isAsync = file.statements.some(awaits);
  const isModule = isAsync || isEsModule(path, file);
  const module = isModule ? ts.ModuleKind.System : ts.ModuleKind.CommonJS;
  const { outputText, sourceMapText = "{}" } = ts.transpileModule(text, {
    fileName,
    compilerOptions: { ...options, module, declaration: false },
    transformers: { before: [localTransformer(isModule)], after: isModule ? [nameRuntime] : [] },
  });
  return { javascript: outputText, mappings: mappingsOf(sourceMapText), isModule, isAsync };
}

/** The `mappings` of a source map's text. */
export function mappingsOf(map: string): string {
  const parsed: unknown = JSON.parse(map);
  return typeof parsed === "object" && parsed !== null && "mappings" in parsed ? String(parsed.mappings) : "";
}

function expectWhole(path: string, file: ts.SourceFile): void {
  const [wrong] = file.parseDiagnostics;
  if (wrong === undefined) return;
  const { line, character } = file.getLineAndCharacterOfPosition(wrong.start);
  const message = ts.flattenDiagnosticMessageText(wrong.messageText, "\n");
  throw new TextError(message, path, line + 1, character + 1);
}

function isEsModule(path: string, file: ts.SourceFile): boolean {
  if (/\.m[tj]s$/.test(path)) return true;
  if (/\.c[tj]s$/.test(path) || !ts.isExternalModule(file)) return false;
  return !file.statements.some((statement) => ts.isExportAssignment(statement) && statement.isExportEquals);
}

/** Hands what a module awaits and loads to the loader, and tells it of the module's classes. */
function localTransformer(isModule: boolean): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const rewriter = new LocalRewriter(context, isModule, importedNames(file));
    const statements = file.statements.map((statement) =>
      ts.visitNode(statement, rewriter.outermost, ts.isStatement),
    );
    return context.factory.updateSourceFile(file, [...statements, ...rewriter.tellClasses(file)]);
  };
}

/** The names that a file's imports bring. */
function importedNames(file: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const { name, namedBindings } = statement.importClause ?? {};
    if (name !== undefined) names.add(name.text);
    if (namedBindings === undefined || ts.isNamespaceImport(namedBindings)) continue;
    for (const element of namedBindings.elements) names.add(element.name.text);
  }
  return names;
}

/** Has JSX call the functions that make it by way of their module: what TypeScript writes for System has no variables of them. */
const nameRuntime: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
  const { factory } = context;
  const visit = (node: ts.Node): ts.Node => {
    const specifier = ts.isIdentifier(node) ? node.emitNode?.generatedImportReference : undefined;
    if (specifier === undefined) return ts.visitEachChild(node, visit, context);
    const module = factory.getGeneratedNameForNode(specifier.parent.parent.parent);
    const name = specifier.propertyName ?? specifier.name;
    return factory.createPropertyAccessExpression(module, name.text);
  };
  return file.languageVariant === ts.LanguageVariant.JSX ? ts.visitEachChild(file, visit, context) : file;
};

class LocalRewriter {
  readonly #context: ts.TransformationContext;
  readonly #isModule: boolean;
  readonly #imported: ReadonlySet<string>;

  constructor(context: ts.TransformationContext, isModule: boolean, imported: ReadonlySet<string>) {
    this.#context = context;
    this.#isModule = isModule;
    this.#imported = imported;
  }

  /** Rewrites what runs when the module is loaded. */
  readonly outermost = (node: ts.Node): ts.Node => {
    const { factory } = this.#context;
    if (isOfItsOwn(node)) return this.inner(node);
    if (ts.isAwaitExpression(node)) {
      const visited = ts.visitEachChild(node, this.outermost, this.#context);
      return factory.updateAwaitExpression(visited, this.#handed("race", [visited.expression]));
    }
    if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) {
      const { awaitModifier, initializer, expression, statement } = ts.visitEachChild(
        node,
        this.outermost,
        this.#context,
      );
      const elements = this.#handed("each", [expression]);
      return factory.updateForOfStatement(node, awaitModifier, initializer, elements, statement);
    }
    if (this.#isModule && ts.isImportEqualsDeclaration(node)) return this.#required(node);
    return this.#rewritten(node, this.outermost);
  };

  /** Rewrites what runs when it is called. */
  readonly inner = (node: ts.Node): ts.Node => this.#rewritten(node, this.inner);

  /** What tells the loader of the classes that the module declares, and which of them have private members. */
  tellClasses(file: ts.SourceFile): ts.Statement[] {
    const { factory } = this.#context;
    const classes = file.statements.filter(ts.isClassDeclaration).filter(isEmitted);
    const names = classes.flatMap(({ name }) => name?.text ?? []);
    if (names.length === 0) return [];
    const properties = names.map((name) => factory.createShorthandPropertyAssignment(name));
    const hidden = classes.filter(hasPrivate).flatMap(({ name }) => name?.text ?? []);
    const list = factory.createArrayLiteralExpression(
      hidden.map((name) => factory.createStringLiteral(name)),
    );
    const all = factory.createObjectLiteralExpression(properties);
    return [factory.createExpressionStatement(this.#handed("classes", [all, list]))];
  }

  #rewritten(node: ts.Node, visit: ts.Visitor): ts.Node {
    const { factory } = this.#context;
    const visited = ts.visitEachChild(node, visit, this.#context);
    if (ts.isCallExpression(visited)) {
      if (visited.expression.kind === ts.SyntaxKind.ImportKeyword)
        return this.#isModule ? visited : this.#handed("import", visited.arguments);
      const callee = this.#bare(visited.expression);
      return factory.updateCallExpression(visited, callee, visited.typeArguments, visited.arguments);
    }
    if (ts.isTaggedTemplateExpression(visited)) {
      const { typeArguments, template } = visited;
      return factory.updateTaggedTemplateExpression(
        visited,
        this.#bare(visited.tag),
        typeArguments,
        template,
      );
    }
    return visited;
  }

  /** `(0, f)`: an imported function that is called by its name alone has no `this`. */
  #bare<T extends ts.Expression>(callee: T): T | ts.ParenthesizedExpression {
    if (!this.#isModule || !ts.isIdentifier(callee) || !this.#imported.has(callee.text)) return callee;
    return withoutThis(this.#context.factory, callee, callee);
  }

  #required(node: ts.ImportEqualsDeclaration): ts.Node {
    const { factory } = this.#context;
    const modifiers = node.modifiers?.filter(ts.isModifier);
    return requiredAsConst(factory, node, factory.createIdentifier("require"), modifiers);
  }

  #handed(name: string, values: readonly ts.Expression[]): ts.CallExpression {
    const { factory } = this.#context;
    const member = factory.createPropertyAccessExpression(factory.createIdentifier(givenModule), name);
    return factory.createCallExpression(member, undefined, values);
  }
}

function isEmitted(node: ts.ClassDeclaration): boolean {
  return node.modifiers?.every(({ kind }) => kind !== ts.SyntaxKind.DeclareKeyword) ?? true;
}

/** Whether instances of a class have something that only the code of that very class can reach. */
function hasPrivate({ members }: ts.ClassDeclaration): boolean {
  return members.some(
    (member) =>
      (member.name !== undefined && ts.isPrivateIdentifier(member.name)) ||
      ts.isAutoAccessorPropertyDeclaration(member),
  );
}
