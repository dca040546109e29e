import ts from "typescript";

/** What a name stands for: a value, a type, or both, as a class and an import do. */
export type Space = "value" | "type" | "both";

/** Where the text of a declaration names something that is declared outside it. */
export interface Reference {
  readonly name: string;
  readonly space: Space;
  readonly start: number;
  readonly end: number;
}

/** What the text of one declaration of a .d.ts file refers to, in the order of the text; itself left out. */
export function referencesOf(text: string): readonly Reference[] {
  const file = ts.createSourceFile("cell.d.ts", text, ts.ScriptTarget.Latest, true);
  const references: Reference[] = [];
  const add = (name: ts.Node, space: Space): void => {
    const first = leftmost(name);
    if (!ts.isIdentifier(first) || isDeclaredAround(first, space)) return;
    references.push({ name: first.text, space, start: first.getStart(file), end: first.end });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeReferenceNode(node)) add(node.typeName, ts.isQualifiedName(node.typeName) ? "both" : "type");
    else if (ts.isTypeQueryNode(node)) add(node.exprName, "value");
    else if (ts.isExpressionWithTypeArguments(node)) add(node.expression, "both");
    else if (ts.isComputedPropertyName(node)) add(node.expression, "value");
    else if (ts.isImportEqualsDeclaration(node) && !ts.isExternalModuleReference(node.moduleReference))
      add(node.moduleReference, "both");
    ts.forEachChild(node, visit);
  };
  visit(file);
  return references;
}

/** `a` of `a.b.c`. */
function leftmost(name: ts.Node): ts.Node {
  if (ts.isQualifiedName(name)) return leftmost(name.left);
  return ts.isPropertyAccessExpression(name) ? leftmost(name.expression) : name;
}

/** Whether a name is of something that the declaration itself brings: a type parameter, a parameter, its own name. */
function isDeclaredAround(name: ts.Identifier, space: Space): boolean {
  for (let node: ts.Node = name; !ts.isSourceFile(node); node = node.parent) {
    const { parent } = node;
    const isNamed = "typeParameters" in parent || "parameters" in parent || ts.isMappedTypeNode(parent);
    if (isNamed && namesOf(parent, space).includes(name.text)) return true;
    if (ts.isConditionalTypeNode(parent) && namesOfInferred(parent.extendsType).includes(name.text))
      return true;
    const statements = ts.isSourceFile(parent) || ts.isModuleBlock(parent) ? parent.statements : [];
    if (statements.some((statement) => nameOf(statement) === name.text)) return true;
  }
  return false;
}

function namesOf(node: ts.Node, space: Space): string[] {
  if (ts.isMappedTypeNode(node)) return [node.typeParameter.name.text];
  const types =
    ts.isFunctionLike(node) ||
    ts.isClassLike(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node);
  const found = types ? (node.typeParameters ?? []).map(({ name }) => name.text) : [];
  if (space !== "type" && ts.isFunctionLike(node))
    for (const { name } of node.parameters) if (ts.isIdentifier(name)) found.push(name.text);
  return found;
}

function namesOfInferred(type: ts.Node): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isInferTypeNode(node)) names.push(node.typeParameter.name.text);
    ts.forEachChild(node, visit);
  };
  visit(type);
  return names;
}

/** The name that a statement declares, undefined for variables and imports. */
export function nameOf(statement: ts.Statement): string | undefined {
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
