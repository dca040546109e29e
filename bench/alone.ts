/** One training step of ResNet-50 in a process of its own: until its first loss, and its memory. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  contest,
  megabytes,
  pythonPeer,
  startPeer,
  timed,
  type Contender,
  type Peer,
  type Result,
} from "./contest";
import { peersPython } from "./peers";
import type { StepBench } from "./step";

/** Steps of a process whose memory is measured: the most is held from the second on. */
const STEPS = 4;

/** Seconds from a process's start to its first loss, the model made within them. */
export function benchFirst({ rounds, ...shape }: StepBench): Promise<Result[]> {
  const contenders = programs(shape).map(({ name, isPeer, start, word }): Contender => {
    const run = async (): Promise<number> => {
      let peer: Peer | undefined;
      const taken = await timed(async () => {
        peer = await start();
        await peer.ask(word);
      });
      await peer?.close();
      return taken;
    };
    return { name, isPeer, run };
  });
  return contest(contenders, rounds, 1);
}

/** Peak memory in MB of a process that takes some steps. */
export function benchMemory({ rounds, ...shape }: StepBench): Promise<Result[]> {
  const contenders = programs(shape).map(({ name, isPeer, start, word }): Contender => {
    const run = async (): Promise<number> => {
      const peer = await start();
      for (let step = 0; step < STEPS; step++) await peer.ask(word);
      const peak = peakOf(peer.pid);
      await peer.close();
      return peak;
    };
    return { name, isPeer, run };
  });
  return contest(contenders, rounds, 0, megabytes);
}

interface Program {
  readonly name: string;
  readonly isPeer: boolean;
  /** What it is told to take a step. */
  readonly word: string;
  start(): Promise<Peer>;
}

function programs({ batch, side }: Omit<StepBench, "rounds">): Program[] {
  const shape = [batch, side].map(String);
  const ours = join(__dirname, "stepalone.js");
  const peers = peersPython();
  return [
    {
      name: "slimlab, compiled",
      isPeer: false,
      word: "step",
      start: () => startPeer(process.execPath, [ours, ...shape]),
    },
    { name: "Python tf.function", isPeer: true, word: "function", start: () => pythonPeer("step.py", shape) },
    {
      name: "PyTorch, channels_last",
      isPeer: true,
      word: "step",
      start: () => pythonPeer("step_torch.py", shape, peers),
    },
  ];
}

/** The most memory that a process has held so far, in MB. */
export function peakOf(pid: number): number {
  const [, kilobytes] = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  if (kilobytes === undefined)
    throw new Error(`Cannot measure memory: expected VmHWM of process ${pid}, got none`);
  return Number(kilobytes) / 1024;
}

/** Seconds that all processors together have spent on a process, and on its children that have ended. */
export function processorSecondsOf(pid: number): number {
  const [, ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()?.split(" ") ?? [];
  const ticks = fields.slice(10, 14).reduce((sum, field) => sum + Number(field), 0);
  return ticks / TICKS_A_SECOND;
}

const TICKS_A_SECOND = 100; // Linux's USER_HZ
