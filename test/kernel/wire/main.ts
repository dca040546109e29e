/** The smallest kernel over openWire(): its cells are commands, and it ends as the real one does. */
import { guard } from "../../../kernel/interrupt/guard";
import { allowEnding } from "../../../kernel/interrupt/interrupts";
import { type Json, type Request } from "../../../kernel/protocol";
import { openWire, type Wire } from "../../../kernel/wire/wire";

const big = "x".repeat(50_000_000);

async function main(file: string): Promise<void> {
  allowEnding();
  const wire = await openWire(file, { guard });
  let asked = 0;
  let interrupts = 0;
  const questions = new Map<number, (value: string) => void>();
  const commands: Readonly<Record<string, (request: Request) => Json | Promise<Json>>> = {
    busy: () => {
      for (;;);
    },
    lines: ({ header, content }) => {
      for (let i = 0; i < Number(content["count"]); i++) {
        wire.send({
          kind: "publish",
          parent: header,
          type: "stream",
          content: { name: "stdout", text: `${i}\n` },
        });
      }
      return {};
    },
    big: ({ header }) => {
      wire.send({ kind: "publish", parent: header, type: "stream", content: { name: "stdout", text: big } });
      return {};
    },
    input: (request) => {
      const id = ++asked;
      wire.send({ kind: "input", id, parent: request, content: { prompt: "?", password: false } });
      return new Promise((resolve) => questions.set(id, (value) => resolve({ value })));
    },
    echo: ({ content, metadata }) => ({ content, metadata }),
    interrupts: () => ({ interrupts }),
    memory: () => ({ rss: process.memoryUsage().rss }),
    exit: ({ header }) => {
      wire.send({
        kind: "publish",
        parent: header,
        type: "stream",
        content: { name: "stdout", text: "last words\n" },
      });
      process.exit(3);
    },
  };
  let busy: Request | undefined;
  const status = (request: Request, execution_state: "busy" | "idle"): void => {
    busy = execution_state === "busy" ? request : undefined;
    wire.send({ kind: "publish", parent: request.header, type: "status", content: { execution_state } });
  };
  const answer = async (request: Request): Promise<void> => {
    const { header, content, buffers } = request;
    status(request, "busy");
    const result = await commands[String(content["code"])]?.(request);
    const type = header.msg_type.replace(/_request$/, "_reply");
    wire.send({
      kind: "reply",
      to: request,
      type,
      content: { status: "ok", ...result },
      extras: { buffers },
    });
    status(request, "idle");
  };
  wire.on((message) => {
    if (message.kind === "request") setImmediate(() => void answer(message.request));
    if (message.kind === "input") questions.get(message.id)?.(message.value);
    if (message.kind === "interrupt") {
      interrupts++;
      if (busy !== undefined) status(busy, "idle"); // its loop was ended
    }
    if (message.kind === "shutdown") void end(wire);
  });
}

async function end(wire: Wire): Promise<void> {
  await wire.close();
  process.exit();
}

void main(process.argv[2] ?? "");
