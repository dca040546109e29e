import type * as ts from "typescript";

/** A signature with its comment, as text and as Markdown. */
export interface Documentation {
  readonly signature: string;
  /** The comment before its tags. */
  readonly text: string;
  readonly tags: readonly { readonly name: string; readonly text: string }[];
}

/** Collects what TypeScript knows of a thing. */
export function toDocumentation(
  signature: string,
  documentation: readonly ts.SymbolDisplayPart[] | undefined,
  tags: readonly ts.JSDocTagInfo[] | undefined,
): Documentation {
  const all = tags?.map(({ name, text }) => ({ name, text: join(text).replace(/\s*\*$/, "") })) ?? []; // TypeScript 6.0 leaves @see a star too
  return { signature, text: join(documentation), tags: all };
}

/** The signature as code, the comment as it is, then its tags. */
export function toMarkdown({ signature, text, tags }: Documentation): string {
  const code = `\`\`\`typescript\n${signature}\n\`\`\``;
  const parameters = tags.filter(isParameter).map(({ text: tag }) => {
    const [, name = "", rest = ""] = /^(\S+)\s*([^]*)$/.exec(tag) ?? [];
    return `- \`${name}\` ${withoutDash(rest)}`.trimEnd();
  });
  const others = tags
    .filter((tag) => !isParameter(tag))
    .map(({ name, text: tag }) => {
      if (name === "example")
        return `**Example**\n\n${tag.includes("```") ? tag : `\`\`\`typescript\n${tag}\n\`\`\``}`;
      return `**${titleOf(name)}** ${withoutDash(tag)}`.trimEnd();
    });
  return joinParts([code, text, parameters.join("\n"), ...others]);
}

/** The same as plain text. */
export function toPlain({ signature, text, tags }: Documentation): string {
  const lines = tags.map(({ name, text: tag }) => `@${name} ${tag}`.trimEnd());
  return joinParts([signature, text, lines.join("\n")]);
}

/** Puts empty lines between texts that are not empty. */
export function joinParts(parts: readonly string[]): string {
  return parts.filter((part) => part.trim() !== "").join("\n\n");
}

function isParameter({ name }: { readonly name: string }): boolean {
  return name === "param" || name === "template";
}

/** "throws" to "Throws". */
function titleOf(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function withoutDash(text: string): string {
  return text.replace(/^-\s*/, "");
}

function join(parts: readonly ts.SymbolDisplayPart[] | undefined): string {
  return parts?.map(({ text }) => text).join("") ?? "";
}
