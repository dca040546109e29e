import type * as ts from "typescript";
import { type Completion, type CompletionItem } from "../session/api";
import { type SourceContext } from "../session/program";
import { cancellation, createHost } from "./host";
import { isPathLike, listPaths } from "./paths";
import { membersOf, valueOf } from "./runtime";

const preferences: ts.UserPreferences = {
  includeCompletionsWithInsertText: true,
  includeAutomaticOptionalChainCompletions: true,
  allowTextChangesInNewFiles: false,
};

/** For so many items, and not more, signatures are worked out: each takes up to a millisecond. */
const mostSignatures = 60;

/** A range of the cell's file. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Kinds whose names are parts of paths. */
const pathKinds: ReadonlySet<string> = new Set(["directory", "script", "external module name"]);

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** Made when it is first asked for: it takes as long as many cells. */
let collator: Intl.Collator | undefined;

/** A completion as TypeScript gives it, with the range of the cell's text that it replaces. */
interface Candidate extends CompletionItem {
  readonly start: number;
  readonly end: number;
  /** By what it is found; differs from the text for "?.name". */
  readonly name: string;
  readonly rank: string;
  readonly symbol?: ts.Symbol;
}

/**
 * What may stand at a position of a cell.
 * @param position UTF-16 offset in the cell's code
 * @param scope    the variables' values, for what has no type
 */
export function completeIn(
  context: SourceContext,
  position: number,
  scope: Readonly<Record<string, unknown>>,
): Completion {
  const { sourceFile, offset } = context;
  const at = position + offset;
  const token = context.ts.findPrecedingToken(at, sourceFile);
  const string = token !== undefined && isStringAt(context, token, at) ? token : undefined;
  const word = string === undefined ? wordAt(sourceFile.text, at) : stringWord(string, at);
  const known = service(context, at, word);
  const candidates = [...known, ...live(context, { word, string, known, scope })];
  const found = choose(context, candidates, { at, word, inString: string !== undefined });
  if (found !== undefined) return found;
  if (string !== undefined) return completePath(context, word, at);
  return { start: word.start - offset, end: word.end - offset, matches: [] };
}

/** Members of the value before a dot or `["`, where its type leaves open which there are, or TypeScript knows none. */
function live(
  context: SourceContext,
  {
    word,
    string,
    known,
    scope,
  }: {
    readonly word: Span;
    readonly string: ts.Node | undefined;
    readonly known: readonly Candidate[];
    readonly scope: Readonly<Record<string, unknown>>;
  },
): Candidate[] {
  const owner = ownerOf(context, word, string);
  if (owner === undefined || (known.length > 0 && !isOpen(context, owner))) return [];
  const names = new Set(known.map(({ name }) => name));
  return membersOf(valueOf(context, owner, scope)).flatMap(({ name, kind, depth }): Candidate[] => {
    if (names.has(name) || (string === undefined ? !identifier.test(name) : depth > 0)) return [];
    const text = string === undefined ? name : JSON.stringify(name).slice(1, -1);
    return [{ ...word, text, name, kind, rank: `z${depth}` }];
  });
}

/** What is before the dot or the `["` that a word follows. */
function ownerOf({ ts, sourceFile }: SourceContext, word: Span, string?: ts.Node): ts.Expression | undefined {
  if (string !== undefined) {
    const { parent } = string;
    return ts.isElementAccessExpression(parent) && parent.argumentExpression === string
      ? parent.expression
      : undefined;
  }
  const dot = ts.findPrecedingToken(word.start, sourceFile);
  return dot !== undefined && ts.isPropertyAccessExpression(dot.parent) && dot !== dot.parent.name
    ? dot.parent.expression
    : undefined;
}

/** Whether a value may have other members than its type names: it is `any`, `unknown`, or has an index signature of texts. */
function isOpen({ ts, checker }: SourceContext, expression: ts.Expression): boolean {
  const type = checker.getNonNullableType(checker.getTypeAtLocation(expression));
  if ((type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0) return true;
  return checker.getIndexInfosOfType(type).some(({ keyType }) => (keyType.flags & ts.TypeFlags.String) !== 0);
}

/** Sorts and sifts: only those that begin as the typed text does, and that replace the same, if possible the word. */
function choose(
  context: SourceContext,
  candidates: readonly Candidate[],
  { at, word, inString }: { readonly at: number; readonly word: Span; readonly inString: boolean },
): Completion | undefined {
  const { sourceFile, offset } = context;
  const fitting = candidates.filter(({ name, start }) =>
    fits(name, sourceFile.text.slice(inString ? start : word.start, at)),
  );
  const range = fitting.find(({ start, end }) => start === word.start && end === word.end) ?? fitting[0];
  if (range === undefined) return undefined;
  const same = fitting.filter(({ start, end }) => start === range.start && end === range.end);
  const { compare } = (collator ??= new Intl.Collator());
  same.sort((a, b) => (a.rank === b.rank ? compare(a.name, b.name) : a.rank < b.rank ? -1 : 1));
  const withSignatures = same.length <= mostSignatures;
  const matches = same.map(({ text, kind, symbol }) => {
    if (symbol === undefined) return { text, kind };
    const target = resolveAlias(context, symbol);
    const signature = withSignatures ? signatureOf(context, target) : undefined;
    const item = { text, kind: kind === "alias" ? kindOf(context, target) : kind };
    return signature === undefined ? item : { ...item, signature };
  });
  return { start: range.start - offset, end: range.end - offset, matches };
}

/** What TypeScript's language service offers. */
function service(context: SourceContext, at: number, word: Span): Candidate[] {
  const { ts, program, sourceFile } = context;
  const log = (): void => undefined;
  const kind = ts.CompletionTriggerKind.Invoked;
  const host = createHost(context);
  const none = undefined;
  const { getCompletionsAtPosition: ask } = ts.Completions;
  const info = ask(host, program, log, sourceFile, at, preferences, none, kind, cancellation, none, true);
  return (info?.entries ?? []).flatMap((entry): Candidate[] => {
    if (entry.hasAction === true || isHidden(entry.name)) return []; // an import or a change elsewhere would go with it
    const span = entry.replacementSpan;
    const isPath = pathKinds.has(entry.kind);
    if (isPath && entry.name.startsWith(".") && sourceFile.text.charAt(at - 1) === "/") return [];
    const usual = isPath ? { start: afterSlash(sourceFile.text, word.start, at), end: word.end } : word;
    const { start, end } = span === undefined ? usual : { start: span.start, end: span.start + span.length };
    const rank = `${entry.sortText}${entry.kind === ts.ScriptElementKind.keyword ? 1 : 0}`;
    const symbol = entry.symbol === undefined ? {} : { symbol: entry.symbol };
    const text =
      entry.kind === ts.ScriptElementKind.directory ? `${entry.name}/` : (entry.insertText ?? entry.name);
    return [{ text, name: entry.name, kind: entry.kind, start, end, rank, ...symbol }];
  });
}

/** Names that the kernel or the converter has put there. */
function isHidden(name: string): boolean {
  return /^(__tslab|__older|tsLastExpr|__(shell|lines|captured)__$)/.test(name);
}

function fits(name: string, typed: string): boolean {
  return name.toLowerCase().startsWith(typed.toLowerCase());
}

/** What an imported or exported name stands for. */
function resolveAlias({ ts, checker }: SourceContext, symbol: ts.Symbol): ts.Symbol {
  return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
}

/** TypeScript's word for what a symbol stands for. */
function kindOf(
  { ts: { ScriptElementKind: kind, SymbolFlags: flag } }: SourceContext,
  symbol: ts.Symbol,
): string {
  const has = (flags: ts.SymbolFlags): boolean => (symbol.flags & flags) !== 0;
  if (has(flag.Function)) return kind.functionElement;
  if (has(flag.Class)) return kind.classElement;
  if (has(flag.Enum)) return kind.enumElement;
  if (has(flag.Module)) return kind.moduleElement;
  if (has(flag.Variable)) return kind.constElement;
  if (has(flag.Interface)) return kind.interfaceElement;
  return has(flag.TypeAlias) ? kind.typeElement : kind.alias;
}

function signatureOf({ checker, sourceFile }: SourceContext, symbol: ts.Symbol): string | undefined {
  const type = checker.getTypeOfSymbolAtLocation(symbol, sourceFile);
  const [signature] = type.getCallSignatures();
  if (signature !== undefined) return checker.signatureToString(signature);
  const text = checker.typeToString(type);
  return text === "any" || text.startsWith("typeof ") ? undefined : text;
}

/** Files for a string that is a path. */
function completePath(context: SourceContext, word: Span, at: number): Completion {
  const { sourceFile, offset } = context;
  const typed = sourceFile.text.slice(word.start, at);
  if (!isPathLike(typed)) return { start: at - offset, end: at - offset, matches: [] };
  const start = typed === "~" ? word.start : afterSlash(sourceFile.text, word.start, at);
  const next = sourceFile.text.slice(at, word.end).indexOf("/");
  const end = next === -1 ? word.end : at + next;
  return {
    start: start - offset,
    end: end - offset,
    matches: listPaths(typed, process.cwd()),
  };
}

/** Where the last part of a path begins that goes from start to at. */
function afterSlash(text: string, start: number, at: number): number {
  return start + text.slice(start, at).lastIndexOf("/") + 1;
}

/** Whether a position lies within a string's quotes. */
function isStringAt({ ts, sourceFile }: SourceContext, token: ts.Node, at: number): boolean {
  if (!ts.isStringLiteral(token) && !ts.isNoSubstitutionTemplateLiteral(token)) return false;
  return at > token.getStart(sourceFile) && (at < token.end || !isClosed(token));
}

function isClosed(token: ts.Node): boolean {
  const text = token.getText();
  return text.length > 1 && text.endsWith(text.charAt(0));
}

/** What is between a string's quotes. */
function stringWord(token: ts.Node, at: number): Span {
  const start = token.getStart() + 1;
  return { start: Math.min(start, at), end: Math.max(isClosed(token) ? token.end - 1 : token.end, at) };
}

/** The name around a position, also one that has only begun; empty where there is none. */
function wordAt(text: string, at: number): Span {
  const before = /[\p{ID_Continue}$#\u200c\u200d]*$/u.exec(text.slice(0, at))?.[0] ?? "";
  const after = /^[\p{ID_Continue}$\u200c\u200d]*/u.exec(text.slice(at))?.[0] ?? "";
  return { start: at - before.length, end: at + after.length };
}
