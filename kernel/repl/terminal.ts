import { spawnSync } from "node:child_process";
import { type ReadStream, type WriteStream } from "node:tty";
import { type Frame } from "./editor/render";
import { createGraphics, type Graphics } from "./graphics";
import { Keys } from "./input";

const pasteOn = "\x1b[?2004h";
const pasteOff = "\x1b[?2004l";

/**
 * A terminal that shows a prompt under what is printed.
 *
 * While something is typed it is in raw mode. While a cell runs it is not, so that its driver turns Ctrl-C into SIGINT,
 * which also reaches a process that is busy; typed keys are not echoed then, and wait for the next prompt.
 */
export class Terminal {
  readonly keys: Keys;
  readonly graphics: Graphics;
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #write: (text: string) => void;
  #frame: Frame | undefined;

  constructor(input: ReadStream, output: WriteStream) {
    this.#input = input;
    this.#output = output;
    const write = output.write.bind(output); // as it is before anyone takes over what the process prints
    this.#write = (text) => void write(text);
    this.graphics = createGraphics(process.env);
    this.keys = new Keys(input, (answer) => this.graphics.hear(answer));
    this.#calm();
    process.on("SIGCONT", () => this.#resume());
  }

  get columns(): number {
    return this.#output.columns > 0 ? this.#output.columns : 80;
  }

  get height(): number {
    return this.#output.rows > 0 ? this.#output.rows : 24;
  }

  /** Called with each change of the terminal's size. */
  onResize(listener: () => void): void {
    this.#output.on("resize", listener);
  }

  /** Lets keys come in one by one, Ctrl-C among them. */
  raw(): void {
    this.#input.setRawMode(true);
    this.#write(pasteOn);
  }

  /** Lets Ctrl-C be a signal. */
  calm(): void {
    this.#write(pasteOff);
    this.#input.setRawMode(false);
  }

  /** Asks the terminal which pictures it can show. In raw mode only: the answer comes as if typed. */
  ask(): void {
    this.#write(this.graphics.question);
  }

  /** Whether a prompt is on the screen. */
  get prompting(): boolean {
    return this.#frame !== undefined;
  }

  /** Prints above the prompt, if there is one: whole lines then. */
  write(text: string): void {
    const frame = this.#frame;
    if (frame === undefined) return this.#write(text);
    this.erase();
    this.#write(text);
    this.draw(frame);
  }

  /** Draws the prompt anew. */
  draw(frame: Frame): void {
    const back = frame.rows.length - 1 - frame.row;
    const cursor = `${back > 0 ? `\x1b[${back}A` : ""}\r${frame.column > 0 ? `\x1b[${frame.column}C` : ""}`;
    this.#write(`\x1b[?25l${this.#toTop()}${frame.rows.join("\r\n")}${cursor}\x1b[?25h`);
    this.#frame = frame;
  }

  /** The same after the terminal has wrapped its rows for a new width. */
  redraw(frame: Frame): void {
    this.#frame = frame;
    this.draw(frame);
  }

  /** Takes the prompt away; what is printed next stands in its place. */
  erase(): void {
    this.#write(this.#toTop());
    this.#frame = undefined;
  }

  /** Leaves the prompt where it is and goes below it. */
  leave(): void {
    const frame = this.#frame;
    if (frame === undefined) return;
    const down = frame.rows.length - 1 - frame.row;
    this.#write(`${down > 0 ? `\x1b[${down}B` : ""}\r\n`);
    this.#frame = undefined;
  }

  /** Empties the screen. */
  clear(): void {
    this.#frame = undefined;
    this.#write("\x1b[H\x1b[2J");
  }

  /** Stops this process as Ctrl-Z does, until the shell wakes it. */
  suspend(): void {
    this.leave();
    this.calm();
    process.kill(process.pid, "SIGTSTP");
  }

  /** Gives the terminal back; Node itself restores its mode at exit. */
  close(): void {
    this.calm();
    this.#input.pause();
  }

  #toTop(): string {
    const row = this.#frame?.row ?? 0;
    return `${row > 0 ? `\x1b[${row}A` : ""}\r\x1b[J`;
  }

  /** No echo, no line buffer, Enter as it is outside raw mode: setRawMode(false) goes back to this. Node has no call for it. */
  #calm(): void {
    spawnSync("stty", ["-echo", "-icanon", "-icrnl", "min", "1", "time", "0"], {
      stdio: ["inherit", "ignore", "ignore"],
    });
  }

  #resume(): void {
    const raw = this.#frame !== undefined || this.#input.isRaw;
    this.#input.setRawMode(false);
    this.#calm();
    if (raw) this.raw();
  }
}
