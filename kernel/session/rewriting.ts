/** What is written anew alike in cells and in local modules. */
import ts from "typescript";

/**
 * `import x = require("y")` as `const x = load("y")`: there is no such import in an ES module.
 * @param modifiers  those of the variable
 * @returns the node itself if it is another kind of import
 */
export function requiredAsConst(
  factory: ts.NodeFactory,
  node: ts.ImportEqualsDeclaration,
  load: ts.Expression,
  modifiers?: readonly ts.Modifier[],
): ts.Statement {
  if (node.isTypeOnly || !ts.isExternalModuleReference(node.moduleReference)) return node;
  const call = factory.createCallExpression(load, undefined, [node.moduleReference.expression]);
  const variable = factory.createVariableDeclaration(node.name, undefined, undefined, call);
  const list = factory.createVariableDeclarationList([variable], ts.NodeFlags.Const);
  return ts.setTextRange(factory.createVariableStatement(modifiers, list), node);
}

/**
 * `(0, callee)`: a function that is called by its name alone has no `this`, whatever stands for the name.
 * @param name  where stacks say that the call is
 */
export function withoutThis(
  factory: ts.NodeFactory,
  callee: ts.Expression,
  name: ts.Node,
): ts.ParenthesizedExpression {
  const comma = factory.createComma(factory.createNumericLiteral(0), callee);
  const whole = ts.setTextRange(factory.createParenthesizedExpression(comma), name);
  const start = ts.getParseTreeNode(name)?.getStart() ?? name.pos;
  return ts.setSourceMapRange(whole, { pos: start, end: start });
}

/** Whether what awaits in a node awaits in a function of its own, and not where the node stands. */
export function isOfItsOwn(node: ts.Node): boolean {
  return (
    ts.isFunctionLike(node) ||
    ts.isModuleDeclaration(node) ||
    ts.isClassStaticBlockDeclaration(node) ||
    (ts.isPropertyDeclaration(node) && !ts.isComputedPropertyName(node.name))
  );
}
