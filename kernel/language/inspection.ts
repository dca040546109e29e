import { types } from "node:util";
import type * as ts from "typescript";
import { type Inspection } from "../session/api";
import { type SourceContext } from "../session/program";
import { joinParts, toDocumentation, toMarkdown, toPlain, type Documentation } from "./documentation";
import { cancellation } from "./host";
import { readComments } from "./jsdoc";
import { kindOf, preview } from "./preview";
import { quickInfo } from "./quickinfo";
import { valueOf } from "./runtime";

/** What inspection may look at beside the program. */
export interface InspectionSources {
  /** The variables' values. */
  readonly scope: Readonly<Record<string, unknown>>;
  /** The code of cells, latest first, to show how a function is defined. */
  readonly cells: () => Iterable<string>;
}

/** Functions longer than this are not shown whole. */
const mostSourceLines = 60;

/** A part of an inspection, as text and as Markdown. */
interface Section {
  readonly plain: string;
  readonly markdown: string;
}

/**
 * What is known of the thing at a position; within a call's parentheses, of the function that is called, and after it
 * of the argument that the position is at.
 * @param detail  0: signature and comment; 1: also the other overloads and the source
 */
export function inspectIn(
  context: SourceContext,
  position: number,
  options: InspectionSources & { readonly detail: 0 | 1 },
): Inspection | undefined {
  const at = position + context.offset;
  const node = nodeAt(context, at);
  const isWithin = node !== undefined && !isArgument(context, node);
  const name = node === undefined ? undefined : describeName(context, node, options);
  const call = isWithin && name !== undefined ? undefined : describeCall(context, at, options.detail);
  const sections = [call, name].filter((section) => section !== undefined);
  if (sections.length === 0) return undefined;
  return {
    bundle: {
      "text/plain": joinParts(sections.map(({ plain }) => plain)),
      "text/markdown": joinParts(sections.map(({ markdown }) => markdown)),
    },
  };
}

/** The name at a position or ending there. */
function nodeAt({ ts, sourceFile }: SourceContext, at: number): ts.Node | undefined {
  const before = ts.findPrecedingToken(at, sourceFile);
  const after = ts.findPrecedingToken(at + 1, sourceFile);
  return [before, after].find((node): node is ts.Node => {
    if (node === undefined || at < node.getStart(sourceFile) || at > node.end) return false;
    return ts.isIdentifier(node) || ts.isPrivateIdentifier(node) || node.kind === ts.SyntaxKind.ThisKeyword;
  });
}

function isArgument({ ts }: SourceContext, node: ts.Node): boolean {
  const { parent } = node;
  if (!ts.isCallExpression(parent) && !ts.isNewExpression(parent)) return false;
  return parent.expression !== node;
}

function describeName(
  context: SourceContext,
  node: ts.Node,
  { detail, scope, cells }: InspectionSources & { readonly detail: 0 | 1 },
): Section | undefined {
  const { ts } = context;
  readComments(context, node);
  const info = quickInfo(context, node);
  const isImport =
    info?.kind === ts.ScriptElementKind.alias || info?.kind === ts.ScriptElementKind.moduleElement;
  const value = isImport ? undefined : describeValue(context, node, scope);
  const signature = tidy(ts.displayPartsToString(info === undefined ? [] : [...info.displayParts]));
  if (info === undefined || signature === "any") return value; // TypeScript's word for what it does not know
  const documentation = toDocumentation(signature, info.documentation, info.tags);
  const source = detail === 0 ? undefined : sourceOf(context, node, cells);
  return merge(toSection(documentation), value, source && fence(source));
}

/** The function whose parentheses are around a position, with all its overloads if all is wanted. */
function describeCall(context: SourceContext, at: number, detail: 0 | 1): Section | undefined {
  const { ts, program, sourceFile } = context;
  const callee = calleeAt(context, at);
  if (callee !== undefined) readComments(context, callee);
  const help = ts.SignatureHelp.getSignatureHelpItems(program, sourceFile, at, undefined, cancellation);
  const chosen = help?.items[help.selectedItemIndex] ?? help?.items[0];
  if (help === undefined || chosen === undefined) return undefined;
  const write = (item: ts.SignatureHelpItem): string => {
    const parameters = item.parameters.map(({ displayParts }) => ts.displayPartsToString(displayParts));
    const separator = ts.displayPartsToString(item.separatorDisplayParts);
    const [prefix, suffix] = [item.prefixDisplayParts, item.suffixDisplayParts].map((parts) =>
      ts.displayPartsToString(parts),
    );
    return `${prefix}${parameters.join(separator)}${suffix}`;
  };
  const others = help.items.filter((item) => item !== chosen);
  const overloads = detail === 1 ? [chosen, ...others] : [chosen];
  const documentation = toDocumentation(overloads.map(write).join("\n"), chosen.documentation, chosen.tags);
  return toSection(documentation);
}

/** What is called by the call that a position is in. */
function calleeAt({ ts, sourceFile }: SourceContext, at: number): ts.Expression | undefined {
  for (let node = ts.findPrecedingToken(at, sourceFile); node !== undefined; node = node.parent) {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) return node.expression;
    if (ts.isSourceFile(node)) return undefined;
  }
  return undefined;
}

/** A variable's value in a few words; nothing for a function, whose signature says more. */
function describeValue(
  context: SourceContext,
  node: ts.Node,
  scope: Readonly<Record<string, unknown>>,
): Section | undefined {
  const { ts } = context;
  const isMember = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
  const value = valueOf(context, isMember ? node.parent : node, scope);
  if (value === undefined || typeof value === "function" || types.isModuleNamespaceObject(value))
    return undefined;
  const text = preview(value);
  const kind = kindOf(value);
  const line = text === "" || kind === "object" ? text : typeof value === "object" ? `${kind} ${text}` : text;
  return line === ""
    ? undefined
    : { plain: `Value: ${line}`, markdown: `**Value** \`${line.replaceAll("`", "'")}\`` };
}

/** How a function or class is written in the cell that defines it. */
function sourceOf({ ts }: SourceContext, node: ts.Node, cells: () => Iterable<string>): string | undefined {
  if (!ts.isIdentifier(node) || (ts.isPropertyAccessExpression(node.parent) && node.parent.name === node))
    return undefined;
  const name = node.text;
  for (const code of cells()) {
    if (!code.includes(name)) continue;
    const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022, true);
    for (const statement of file.statements) {
      const source = definitionIn(ts, statement, name);
      if (source === null) return undefined; // a value, not a function
      if (source === undefined) continue;
      const lines = source.getText(file).split("\n");
      return lines.length > mostSourceLines
        ? `${lines.slice(0, mostSourceLines).join("\n")}\n…`
        : lines.join("\n");
    }
  }
  return undefined;
}

/** The statement that defines a function of this name; null if it defines something else of this name. */
function definitionIn(
  typescript: typeof ts,
  statement: ts.Statement,
  name: string,
): ts.Node | null | undefined {
  if (typescript.isFunctionDeclaration(statement) || typescript.isClassDeclaration(statement)) {
    return statement.name?.text === name ? statement : undefined;
  }
  if (!typescript.isVariableStatement(statement)) return undefined;
  for (const declaration of statement.declarationList.declarations) {
    if (!typescript.isIdentifier(declaration.name) || declaration.name.text !== name) continue;
    const value = declaration.initializer;
    const isFunction =
      value !== undefined &&
      (typescript.isArrowFunction(value) ||
        typescript.isFunctionExpression(value) ||
        typescript.isClassExpression(value));
    return isFunction ? statement : null;
  }
  return undefined;
}

/** Leaves out by which way a name was imported. */
function tidy(signature: string): string {
  const [first = "", ...rest] = signature.replace(/^\(alias\) /, "").split("\n");
  return [first, ...rest.filter((line) => !/^(import|export) /.test(line))].join("\n");
}

function toSection(documentation: Documentation): Section {
  return { plain: toPlain(documentation), markdown: toMarkdown(documentation) };
}

function fence(source: string): Section {
  return { plain: source, markdown: `\`\`\`typescript\n${source}\n\`\`\`` };
}

function merge(...sections: readonly (Section | "" | undefined)[]): Section {
  const present = sections.filter((section) => typeof section === "object");
  return {
    plain: joinParts(present.map(({ plain }) => plain)),
    markdown: joinParts(present.map(({ markdown }) => markdown)),
  };
}
