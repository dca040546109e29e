import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { NODE_FLAGS } from "../../../kernel/start/flags";
import { temporaryFolder } from "../../temporary";

const skip = spawnSync("tmux", ["-V"]).status === 0 ? false : "needs tmux";
const folder = temporaryFolder("repl");
const socket = join(folder, "tmux");
const main = join(__dirname, "..", "..", "..", "kernel", "repl", "main.js");

/** How long the screen may take to show what is expected: a loaded machine is slow. */
const patienceMs = 60_000;

function tmux(...args: readonly string[]): string {
  return execFileSync("tmux", ["-S", socket, ...args], { encoding: "utf8" });
}

function open(): void {
  const command = [process.execPath, ...NODE_FLAGS, main].map((word) => `'${word}'`).join(" ");
  const history = join(folder, "history.sqlite");
  const settings = `export SLIMLAB_HISTORY='${history}' TERM=tmux-256color; unset NO_COLOR`;
  tmux(
    "-f",
    "/dev/null",
    "new-session",
    "-d",
    "-x",
    "80",
    "-y",
    "24",
    `${settings}; trap : INT; ${command}; echo left with $?; exec sleep 1000`,
  );
}

/** Presses keys by tmux's names, e.g. "Enter", "C-c". */
function press(...keys: readonly string[]): void {
  tmux("send-keys", ...keys);
}

function type(text: string): void {
  tmux("send-keys", "-l", text.replace(/;$/, "\\;")); // a last ; would end tmux's command
}

function screen(): string {
  return tmux("capture-pane", "-p").trimEnd();
}

/** Waits until the screen shows a pattern. */
async function until(pattern: RegExp): Promise<string> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const text = screen();
    if (pattern.test(text)) return text;
    if (Date.now() > end) assert.match(text, pattern);
    await sleep(50);
  }
}

/** Runs a cell on an empty screen, and waits for the next prompt. */
async function run(code: string): Promise<string> {
  await until(/In \[\d+\]:$/);
  press("C-l");
  await until(/^In \[\d+\]:$/);
  const cell = Number(/\[(\d+)\]/.exec(screen())?.[1]);
  type(code);
  press("Enter");
  return until(new RegExp(`In \\[${cell + 1}\\]:$`));
}

describe("slimlab repl in a terminal", { skip }, () => {
  before(open);
  after(() => tmux("kill-server"));

  test("shows values and errors between prompts like IPython's", async () => {
    assert.match(
      await run("[1, 2].map((x) => x * 2)"),
      /^In \[1\]: \[1.*\nOut\[1\]: \[ 2, 4 \]\n\nIn \[2\]:$/,
    );
    assert.match(
      await run("const n: number = 'a'; console.log('ran')"),
      /Cell \[2\], line 1[^]*\^[^]*not assignable/,
    );
    assert.doesNotMatch(screen(), /^ran/m);
    assert.match(tmux("capture-pane", "-p", "-e"), /\x1b\[35mconst\x1b/);
  });

  test("goes on to the next line until the code is complete", async () => {
    await run("0");
    press("C-l");
    type("function half(x: number) {");
    press("Enter");
    await until(/ {3}\.\.\.:$/);
    type("return x / 2;");
    press("Enter");
    type("}");
    assert.match(await until(/\.\.\.: \}/), /\{\n {3}\.\.\.: {3}return x \/ 2;\n {3}\.\.\.: \}$/);
    press("Enter");
    await until(/In \[5\]:$/);
    assert.match(await run("half(5)"), /Out\[5\]: 2\.5/);
    press("Up");
    press("Up");
    assert.match(await until(/return x/), /In \[6\]: function half/);
    press("C-c");
  });

  test("completes by Tab, with kinds, and tells what is known of a name", async () => {
    await run("const text = 'abc'");
    type("text.toUpper");
    press("Tab");
    await until(/text\.toUpperCase$/);
    press("C-u");
    type("text.tri");
    press("Tab");
    await until(/text\.trim\n[^]* trimEnd +(method|function)/);
    press("Tab");
    press("Tab");
    await until(/> trim/);
    press("Escape");
    await until(/text\.trim$/); // what comes at once behind ESC would be one key with it
    press("C-u");
    type("half");
    press("C-q");
    await until(/half\(x: number\): number/);
    press("C-c");
    type("half?");
    press("Enter");
    await until(/In \[7\]: half\?\n.*half\(x: number\): number/);
  });

  test("Ctrl-C clears what is typed, and ends busy and waiting cells", async () => {
    await run("let i = 0");
    type("half(");
    press("C-c");
    await until(/In \[8\]: half\(\n+In \[8\]:$/);
    press("C-l");
    type("console.log('on'); for (;;) i++");
    press("Enter");
    await until(/^on$/m);
    press("C-c");
    await until(/Interrupted[^]*In \[9\]:$/);
    assert.match(await run("i > 0"), /Out\[9\]: true/);
    type("console.log('waits'); await new Promise(() => {})");
    press("Enter");
    await until(/^waits$/m);
    press("C-c");
    await until(/Interrupted[^]*In \[11\]:$/);
    assert.doesNotMatch(screen(), /\^C/);
  });

  test("redraws displays where they stand, also from an earlier cell", async () => {
    const show = "display({ 'text/plain': text }, { raw: true, displayId: 'bar', update })";
    await run(`const bar = (text: string, update = true) => ${show}`);
    await run(
      "await bar('0 %', false); console.log('below'); for (const n of [20, 100]) await bar(`${n} %`);",
    );
    assert.match(screen(), /\n100 %\nbelow\n/);
    type("setTimeout(() => bar('later'), 300); 0");
    press("Enter");
    assert.match(await until(/\nlater\nbelow\n/), /Out\[13\]: 0\n\nIn \[14\]:$/);
  });

  test("asks for lines, and hides passwords", async () => {
    press("C-l");
    type("[await input('who? '), await input('secret? ', { password: true })]");
    press("Enter");
    await until(/who\?$/);
    type("Ada");
    press("Enter");
    await until(/secret\?$/);
    type("xyz");
    press("Enter");
    assert.match(await until(/In \[15\]:$/), /who\? Ada\nsecret\? •••\nOut\[14\]: \[ 'Ada', 'xyz' \]/);
  });

  test("writes pictures to files where the terminal shows none", async () => {
    const text = await run("display({ 'image/png': 'cGljdHVyZQ==', 'text/plain': 'pic' }, { raw: true })");
    const path = /^\S*\.png$/m.exec(text)?.[0] ?? "";
    assert.equal(readFileSync(path, "utf8"), "picture");
  });

  test("fits a narrower terminal", async () => {
    type("'0123456789'.repeat(10).length // a line that wraps");
    tmux("resize-window", "-x", "40");
    await until(/wraps$/);
    press("Enter");
    await until(/Out\[16\]: 100/);
    tmux("resize-window", "-x", "80");
  });

  test("Ctrl-D leaves with 0; the next session finds what was typed", async () => {
    await until(/In \[17\]:$/);
    press("C-d");
    await until(/left with 0$/);
    const left = tmux("display-message", "-p", "#{session_id}").trim();
    open(); // on the same server: one that has just been told to end may still take the call, and die of it
    tmux("kill-session", "-t", left);
    await until(/In \[1\]:$/);
    press("C-r");
    type("let i");
    await until(/In \[1\]: let i = 0\nsearch: let i_ \(/);
    press("Enter");
    await until(/In \[1\]: let i = 0$/);
  });
});
