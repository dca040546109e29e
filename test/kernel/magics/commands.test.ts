import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sessionAfter } from "../language/ask";
import { type OpenSession } from "../../../kernel/session/open";

let session: OpenSession;

before(async () => {
  session = await sessionAfter(
    'const done = false; const folder = "src"; const list = ["a"]; const git = { status: 1 };',
  );
});
after(() => session.close());

/** What TypeScript is given for a cell. */
function expanded(code: string): string {
  return session.withCommands(code);
}

test("a line that is not TypeScript is for the shell, as is one whose first name is nobody's", () => {
  for (const command of [
    "ls",
    "git status",
    "npm run test:all",
    "ls -la *.ts | head -3",
    "./run.sh",
    "/bin/ls",
  ])
    assert.equal(expanded(`!${command}`), `await __shell__(\`${command}\`);`);
  for (const command of [
    "~/run",
    "$EDITOR",
    "cat <x >y",
    "[ -e x ] && echo 'it is'",
    "(cd /; ls)",
    "no.body",
  ])
    assert.equal(expanded(`! ${command}`), `await __shell__(\`${command.replaceAll("`", "\\`")}\`);`);
});

test("a ! of TypeScript stays", () => {
  const cells = [
    "!done",
    "!done && folder",
    "!!done",
    "!(done || list.length > 0)",
    "!function () {}()",
    "!await Promise.resolve(1)",
    "!process.env.HOME",
    "!git.status",
    "const not = !done",
    "list[0] != folder",
    "const text = `\n!important\n`",
    "/*\n!ls -la\n*/",
    "// !ls",
    "f(\n!done)",
    "done ||\n!done",
    "const later = 1\n!later",
    "type T = string",
  ];
  for (const code of cells) assert.equal(expanded(code), code);
});

test("a name's cell may be a command's name", () => {
  assert.equal(expanded("!git status"), "await __shell__(`git status`);");
  assert.equal(expanded("!test -f x"), "await __shell__(`test -f x`);");
});

test("a variable's value may be a command's lines, and commands stand within blocks", () => {
  assert.equal(
    expanded("const files = !ls -la\nfiles.length"),
    "const files = await __lines__(`ls -la`);\nfiles.length",
  );
  assert.equal(expanded("let a: string[]\na = !ls *"), "let a: string[]\na = await __lines__(`ls *`);");
  assert.equal(expanded("!!ls"), "await __lines__(`ls`);");
  assert.equal(
    expanded("for (const f of list) {\n\t!echo 1 2\n\tconst g = !wc -l x\n}"),
    "for (const f of list) {\n\tawait __shell__(`echo 1 2`);\n\tconst g = await __lines__(`wc -l x`);\n}",
  );
});

test("known names in ${} are put in, all else is the shell's; a \\ goes on in the next line", () => {
  assert.equal(
    expanded("!echo ${folder} ${list[0]} ${list.join()} ${HOME} ${folder:-x} ${#list} $folder `date`"),
    "await __shell__(`echo ${folder} ${list[0]} ${list.join()} \\${HOME} \\${folder:-x} \\${#list} $folder \\`date\\``);",
  );
  assert.equal(
    expanded("const f = 1;\n!echo a \\\n  b\nf"),
    "const f = 1;\nawait __shell__(`echo a \\\\\n  b`);\nf",
  );
  assert.equal(
    expanded("for (const inner of list) {\n!echo ${inner}\n}").split("\n")[1],
    "await __shell__(`echo ${inner}`);",
  );
});
