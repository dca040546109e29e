/** What JavaScript draws at random or reads off a clock: recorded, it would be the same at every call. */
import crypto from "node:crypto";
import { currentRecording } from "./recording";
import { observe, tf } from "../runtime/runtime";

const RANDOM = "whose numbers are drawn once, in JavaScript; use random.uniform or random.normal with a seed";
const TIME = "which is read once, in JavaScript; pass the time in as a tensor";

/** Runs a function that is recorded, which must not draw or read a clock in JavaScript; what runs unrecorded() meanwhile may. */
export function withoutChance<T>(work: () => T): T {
  const web = globalThis.crypto;
  const { bigint } = process.hrtime;
  const hrtime = guarded(process.hrtime, "process.hrtime()", TIME);
  const put = [
    replace(Math, "random", guarded(Math.random, "Math.random()", RANDOM)),
    replace(Date, "now", guarded(Date.now, "Date.now()", TIME)),
    replace(globalThis, "Date", guardedDate(Date)),
    replace(performance, "now", guarded(performance.now, "performance.now()", TIME)),
    replace(process, "hrtime", Object.assign(hrtime, { bigint: guarded(bigint, "process.hrtime()", TIME) })),
    ...["randomBytes", "randomInt", "randomUUID", "randomFillSync"].map((name) => draws(crypto, name)),
    ...["randomUUID", "getRandomValues"].map((name) => draws(web, name)),
  ];
  try {
    return work();
  } finally {
    for (const restore of put.reverse()) restore();
  }
}

type Callable = (this: unknown, ...args: never[]) => unknown;

function draws(owner: object, name: string): () => void {
  return replace(owner, name, guarded(Reflect.get(owner, name) as Callable, `crypto.${name}()`, RANDOM));
}

/** Puts a value in a property's place; gives what puts the property back. */
function replace(owner: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value, writable: true, configurable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, before);
  };
}

function refuse(called: string, why: string): void {
  currentRecording()?.refuse(`${called}, ${why}`);
}

function guarded(original: Callable, called: string, why: string): Callable {
  return function (this: unknown, ...args) {
    refuse(called, why);
    return Reflect.apply<unknown, never[], unknown>(original, this, args);
  };
}

/** Date, of which a recorded function may make those of a time that it names. */
function guardedDate(original: DateConstructor): DateConstructor {
  return new Proxy(original, {
    apply: (target, self, args) => {
      refuse("Date()", TIME);
      return Reflect.apply(target, self, args) as unknown;
    },
    construct: (target, args, made) => {
      if (args.length === 0) refuse("new Date()", TIME);
      return Reflect.construct<unknown[], object>(target, args, made as DateConstructor);
    },
  });
}

// tfjs looks at the clock where it measures its own operations.
const { platform } = tf.env();
const now = platform.now.bind(platform);
platform.now = () => observe(undefined, now);
