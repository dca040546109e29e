/**
 * Pickles of Python, of protocols 2 to 5: those of their instructions that build numbers, texts, lists, tuples and dicts.
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
import { reasonOf } from "../../../tensorflow";
import { damaged } from "../bytefile";
import type { ByteReader } from "./bytes";
import { PickleMachine, type PickleMeanings } from "./machine";
import { OTHER_INSTRUCTIONS } from "./others";
import { PickleDict, PickleList, type PickleValue } from "./values";

/**
 * The value of a pickle; what follows its end is not read. Nothing of it is run: names mean what `meanings` says.
 * @throws {Error} that names the file, the offset and the instruction, if it is none that is known, lacks what it works on, or
 *   there are so many that they would take endless memory
 */
export function readPickle(bytes: ByteReader, meanings: PickleMeanings): PickleValue {
  const machine = new PickleMachine(bytes, meanings);
  for (;;) {
    const { offset } = bytes;
    const code = byte(machine);
    const [name, run] = INSTRUCTIONS.get(code) ?? [];
    if (name === undefined || run === undefined) {
      const shown = `0x${code.toString(16).padStart(2, "0")}`;
      const got = code in OTHER_INSTRUCTIONS ? `${OTHER_INSTRUCTIONS[code]} (${shown})` : shown;
      const expected = "an instruction of a pickle that builds numbers, texts and containers";
      throw damaged(bytes.file.path, expected, offset, got);
    }
    machine.begin(name, offset);
    if (name === "STOP") return machine.stop();
    run(machine);
  }
}

type Run = (machine: PickleMachine) => void;

const byte = ({ bytes }: PickleMachine): number => bytes.take(1).readUInt8();
const uint32 = ({ bytes }: PickleMachine): number => bytes.take(4).readUInt32LE();

/** The length of what follows, of 8 bytes; what is longer than a number holds exactly is longer than any file. */
const uint64 = ({ bytes }: PickleMachine): number => Number(bytes.take(8).readBigUInt64LE());

const text = (machine: PickleMachine, length: number): string => {
  const bytes = machine.bytes.take(length);
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw machine.refuse("a text in UTF-8", reasonOf(error));
  }
};

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What stands before the next line feed. */
const line = (machine: PickleMachine): string => {
  let found = "";
  for (let one = byte(machine); one !== LINE_FEED; one = byte(machine)) {
    found += String.fromCharCode(one);
    if (found.length > LONGEST_NAME) throw machine.refuse(`a name of at most ${LONGEST_NAME} letters`, found);
  }
  return found;
};

const LINE_FEED = 10;
const LONGEST_NAME = 1000;

/** An integer of so many bytes, in two's complement; a number if that holds it exactly. */
const integer = ({ bytes }: PickleMachine, length: number): number | bigint => {
  const digits = Buffer.from(bytes.take(length)).reverse().toString("hex");
  const value = BigInt.asIntN(8 * length, BigInt(`0x0${digits}`));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

const INSTRUCTIONS: ReadonlyMap<number, readonly [name: string, run: Run]> = new Map<number, [string, Run]>([
  [0x80, ["PROTO", protocol]],
  [0x95, ["FRAME", (m) => void uint64(m)]],
  [0x2e, ["STOP", (m) => void m.stop()]],
  [0x28, ["MARK", (m) => m.mark()]],
  [0x4e, ["NONE", (m) => m.push(null)]],
  [0x88, ["NEWTRUE", (m) => m.push(true)]],
  [0x89, ["NEWFALSE", (m) => m.push(false)]],
  [0x4a, ["BININT", (m) => m.push(m.bytes.take(4).readInt32LE())]],
  [0x4b, ["BININT1", (m) => m.push(byte(m))]],
  [0x4d, ["BININT2", (m) => m.push(m.bytes.take(2).readUInt16LE())]],
  [0x8a, ["LONG1", (m) => m.push(integer(m, byte(m)))]],
  [0x47, ["BINFLOAT", (m) => m.push(m.bytes.take(8).readDoubleBE())]],
  [0x58, ["BINUNICODE", (m) => m.push(text(m, uint32(m)))]],
  [0x8c, ["SHORT_BINUNICODE", (m) => m.push(text(m, byte(m)))]],
  [0x8d, ["BINUNICODE8", (m) => m.push(text(m, uint64(m)))]],
  [0x54, ["BINSTRING", (m) => m.push(text(m, uint32(m)))]], // texts of Python 2
  [0x55, ["SHORT_BINSTRING", (m) => m.push(text(m, byte(m)))]],
  [0x42, ["BINBYTES", (m) => m.push(m.bytes.take(uint32(m)).slice())]],
  [0x43, ["SHORT_BINBYTES", (m) => m.push(m.bytes.take(byte(m)).slice())]],
  [0x5d, ["EMPTY_LIST", (m) => m.push(new PickleList())]],
  [0x61, ["APPEND", (m) => m.append([m.pop()])]],
  [0x65, ["APPENDS", (m) => m.append(m.popMark())]],
  [0x29, ["EMPTY_TUPLE", (m) => m.push([])]],
  [0x74, ["TUPLE", (m) => m.push(m.popMark())]],
  [0x85, ["TUPLE1", (m) => m.push(m.popMany(1))]],
  [0x86, ["TUPLE2", (m) => m.push(m.popMany(2))]],
  [0x87, ["TUPLE3", (m) => m.push(m.popMany(3))]],
  [0x7d, ["EMPTY_DICT", (m) => m.push(new PickleDict())]],
  [0x73, ["SETITEM", (m) => m.setItems(m.popMany(2))]],
  [0x75, ["SETITEMS", (m) => m.setItems(m.popMark())]],
  [0x71, ["BINPUT", (m) => m.remember(byte(m))]],
  [0x72, ["LONG_BINPUT", (m) => m.remember(uint32(m))]],
  [0x94, ["MEMOIZE", (m) => m.remember()]],
  [0x68, ["BINGET", (m) => m.recall(byte(m))]],
  [0x6a, ["LONG_BINGET", (m) => m.recall(uint32(m))]],
  [0x63, ["GLOBAL", (m) => m.pushGlobal(line(m), line(m))]],
  [0x93, ["STACK_GLOBAL", (m) => m.pushGlobal(...pair(m))]],
  [0x52, ["REDUCE", (m) => m.reduce(...pair(m))]],
  [0x81, ["NEWOBJ", (m) => m.reduce(...pair(m))]],
  [0x62, ["BUILD", (m) => m.build(m.pop())]],
  [0x51, ["BINPERSID", (m) => m.push(m.meanings.persistent(m.pop(), m.refuse))]],
]);

function protocol(machine: PickleMachine): void {
  const version = byte(machine);
  if (version < 2 || version > 5) throw machine.refuse("a protocol from 2 to 5", String(version));
}

function pair(machine: PickleMachine): [PickleValue, PickleValue] {
  const second = machine.pop();
  return [machine.pop(), second];
}
