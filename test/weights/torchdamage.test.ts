/** Damaged files of torch.save(), and pickles that would do or take more than they may. */
import assert from "node:assert/strict";
import { truncateSync } from "node:fs";
import { test } from "node:test";
import { openWeights } from "../../src/weights/formats/open";
import { openTorchFile } from "../../src/weights/formats/torchfile";
import { createRandom } from "../../src/input/chance";
import { fileOf, oracle } from "./files";
import { dict, instructions, legacyFile, storage, tensor, text } from "./picklefile";

async function refuse(file: Uint8Array, message: RegExp): Promise<void> {
  const got = await openTorchFile(fileOf("damaged.pth", file)).then(() => "it was read", String);
  assert.match(got, message);
  assert.match(got, /^Error: Cannot read ".*damaged\.pth": expected [^]*, got /);
}

test("a file of pickles written by hand is read", async () => {
  const views = {
    w: tensor(),
    turned: tensor({ shape: [2, 2], strides: [1, 2] }),
    last: tensor({ offset: 3, shape: [], strides: [] }),
  };
  const file = await openWeights(fileOf("hand.pth", legacyFile(dict(views))));
  assert.deepEqual(file.read("w"), Float32Array.of(1, 2, 3, 4));
  assert.deepEqual(file.read("turned"), Float32Array.of(1, 3, 2, 4));
  assert.deepEqual(file.read("last"), Float32Array.of(4));
  assert.throws(() => file.read("lost"), /^RangeError: Cannot read "lost" .*expected a name as "last"/);
  file.close();
});

test("what Python 2 wrote is read: its texts, and an OrderedDict of pairs", async () => {
  const pairs = instructions(
    "ccollections\nOrderedDict\n](](U\x01w",
    tensor(),
    "e](T\x01\0\0\0v",
    tensor({ shape: [2] }),
    "ee\x85R",
  );
  const file = await openWeights(fileOf("two.pth", legacyFile(pairs)));
  assert.deepEqual(
    file.entries.map(({ name, shape }) => [name, shape]),
    [
      ["w", [4]],
      ["v", [2]],
    ],
  );
  file.close();
});

const tensors: Readonly<Record<string, readonly [tensor: Parameters<typeof tensor>[0], message: RegExp]>> = {
  "beyond its storage": [
    { offset: 1 },
    /within the 4 elements of its storage for .* REDUCE at byte \d+, got .* up to element 4$/,
  ],
  "with strides beyond it": [{ strides: [2] }, /got a tensor \[4\] with strides \[2\] up to element 6/],
  "of 2^53 elements": [
    { shape: [2 ** 50, 8], strides: [0, 0] },
    /at most 16777216 elements of 4 that are stored/,
  ],
  "at a negative offset": [{ offset: -1 }, /an offset in a storage for .*, got -1/],
  "of a negative size": [{ shape: [-4] }, /a tuple of sizes for .*, got -4/],
  "with fewer strides": [{ strides: [] }, /as many strides as sizes for .*, got \[\] for \[4\]/],
  "of an unknown storage": [{ storage: "QInt8Storage" }, /GLOBAL at byte \d+, got "torch.QInt8Storage"/],
  "of a type in place of a storage": [
    { storage: "float32" },
    /a storage's type, key and length .*, got torch.float32/,
  ],
  "with another length before": [{ length: 5, shape: [5] }, /length 5 of storage k at byte \d+, got 4/],
  "of a negative length": [{ length: -1 }, /a storage's type, key and length .*got .*-1/],
  "of a storage that is not there": [
    { key: "z" },
    /a storage that the pickle speaks of, once at byte \d+, got "k"/,
  ],
  "built by a name that is not allowed": [{ by: "_rebuild_qtensor" }, /got "torch._utils._rebuild_qtensor"/],
};

for (const [name, [parts, message]] of Object.entries(tensors))
  test(`a tensor ${name} is refused`, async () => {
    await refuse(legacyFile(dict({ w: tensor(parts) })), message);
  });

const pickles: Readonly<Record<string, readonly [pickle: Uint8Array, message: RegExp]>> = {
  "calls a text": [
    instructions(text("os.system"), ")R"),
    /what can be called for .* REDUCE at byte \d+, got "os.system"/,
  ],
  "calls a type": [instructions("ctorch\nfloat32\n)R"), /what can be called .*, got torch.float32/],
  "calls without a tuple": [
    instructions("ccollections\nOrderedDict\n]R"),
    /a tuple for collections.OrderedDict .*got a list of 0/,
  ],
  "gives an OrderedDict what are no pairs": [
    instructions("ccollections\nOrderedDict\n](K\x01e\x85R"),
    /pairs of keys and values .*got 1/,
  ],
  "sets attributes": [instructions("}}", text("__class__"), "Nsb"), /BUILD at byte \d+, got "__class__"/],
  "sets a tensor's": [
    instructions(tensor(), "}", text("_metadata"), "Nsb"),
    /no attributes .* of a tensor \[4\] .*got "_metadata"/,
  ],
  "takes from an empty stack": [
    instructions("\x85"),
    /1 values on the stack for .* TUPLE1 at byte \d+, got 0/,
  ],
  "ends with nothing": [instructions(""), /a value on the stack for .* STOP at byte 47, got none/],
  "ends with two values": [instructions("NN"), /one value on the stack for .* STOP at byte \d+, got 1 more/],
  "ends below a mark": [instructions("(N"), /one value on the stack .*, got 1 more/],
  "lacks a mark": [instructions("Nt"), /a mark on the stack for .* TUPLE at byte \d+, got none/],
  "recalls what it did not remember": [
    instructions("h\x07"),
    /a value remembered as 7 for .* BINGET at byte 47, got none/,
  ],
  "appends to a dict": [instructions("}Na"), /a list for .* APPEND at byte \d+, got a dict of 0/],
  "sets items of a list": [instructions("]NNs"), /a dict for .* SETITEM at byte \d+, got a list of 0/],
  "sets a key without a value": [instructions("}(Nu"), /keys and values in turn .*, got 1 of them/],
  "has a later protocol": [instructions("\x80\x06"), /a protocol from 2 to 5 for .* PROTO at byte 47, got 6/],
  "has a text in Latin-1": [instructions("X\x01\0\0\0\xe9"), /a text in UTF-8 for .* BINUNICODE at byte 47/],
  "has a text longer than the file": [
    instructions("X\xff\xff\xff\xff"),
    /4294967295 bytes of a pickle at byte 52, got its end at byte/,
  ],
  "has a text of 2^64 bytes": [
    instructions("\x8d", "\xff".repeat(8)),
    /bytes of a pickle at byte 56, got its end/,
  ],
  "names without end": [instructions("c", "a".repeat(1100)), /a name of at most 1000 letters for .* GLOBAL/],
  "names what is no text": [
    instructions("NN\x93"),
    /a name in a module for .* STACK_GLOBAL at byte \d+, got null in null/,
  ],
  "speaks of another place": [
    instructions(text("module"), "\x85Q"),
    /a storage of another place for .* BINPERSID.*"module"/,
  ],
  "has a storage in two types": [
    dict({ a: tensor(), b: tensor({ storage: "IntStorage" }) }),
    /storage k as before, float32 \[4\] for .*, got torch.IntStorage \[4\]/,
  ],
};

for (const [name, [pickle, message]] of Object.entries(pickles))
  test(`a pickle that ${name} is refused with its place`, async () => {
    await refuse(legacyFile(pickle), message);
  });

test("a pickle is refused that would take endless memory", async () => {
  await refuse(
    legacyFile(Buffer.alloc(8_100_000, "N")),
    /at most 8000000 values for .* NONE at byte 8\d{6}, got more/,
  );
  const copied = instructions("ccollections\nOrderedDict\n](", "NN\x86".repeat(1000), "eq\0", "\x85R");
  const again = instructions("ccollections\nOrderedDict\nh\0\x85R");
  await refuse(
    legacyFile(instructions(copied, again.toString("latin1").repeat(9000))),
    /at most 8000000 values for .* REDUCE/,
  );
});

test("each instruction of pickles is followed or refused by its name, and no other is", async () => {
  const names = new Map(Object.entries(oracle.instructions).map(([name, code]) => [code, name]));
  for (let code = 0; code < 256; code++) {
    const name = names.get(code) ?? `0x${code.toString(16).padStart(2, "0")}`;
    const pickle = legacyFile(instructions(Uint8Array.of(code), "\0".repeat(100), "\n\n"));
    const path = fileOf("one.pth", pickle);
    await assert.rejects(openTorchFile(path), new RegExp(`${name}\\b|got 0x00$`), name);
  }
});

test("a file before 1.6 is refused that is of another order, version or length", async () => {
  const body = dict({ w: tensor() });
  await refuse(legacyFile(body, { little: false }), /little_endian true at byte 21, got false/);
  await refuse(
    legacyFile(body, { keys: ["k", "k"] }),
    /a storage that the pickle speaks of, once at byte \d+, got "k"/,
  );
  await refuse(legacyFile(body, { keys: [] }), /storage k among those listed at byte \d+, got none/);
  await refuse(
    legacyFile(body, { storages: storage(4, Float32Array.of(1, 2, 3)) }),
    /16 bytes of storage k at byte \d+, got a file that ends/,
  );
  await refuse(
    legacyFile(body, { storages: Buffer.alloc(3) }),
    /8 bytes of the length of storage k at byte \d+, got 3 bytes/,
  );
  const other = legacyFile(body);
  other[4] = 0;
  await refuse(other, /torch's number 119547037146038801333356 at byte 0, got/);
  const version = legacyFile(body);
  version[18] = 0;
  await refuse(version, /protocol 1001 at byte 15, got 768/);
});

/** A file of torch.save(), changed before it is read. */
function changed(from: string, to: string, name = "state"): Buffer {
  const bytes = Buffer.from(oracle.torch[name]?.file ?? "", "base64").toString("latin1");
  assert.ok(bytes.includes(from), from);
  return Buffer.from(bytes.replaceAll(from, to), "latin1");
}

test("an archive is refused that is cut, or lacks an entry, or has one of another size, twice or big-endian", async () => {
  const whole = changed("PK", "PK");
  await refuse(whole.subarray(0, whole.length / 2), /a whole ZIP archive, got .*central directory/i);
  await refuse(whole.subarray(0, whole.length - 1), /a whole ZIP archive, got/);
  await refuse(changed("archive/data/1", "archive/data/Z"), /an entry "archive\/data\/1", got none/);
  await refuse(
    changed("archive/data/1", "archive/data/0"),
    /each entry once at byte \d+, got "archive\/data\/0" again/,
  );
  await refuse(changed("little", "bigbig"), /byteorder "little" at byte \d+, got "bigbig"/);
  await refuse(changed("data.pkl", "data.pki"), /one entry \*\/data.pkl, got 0/);
  await refuse(
    changed("FloatStorage", "ShortStorage"),
    /\d+ bytes of "archive\/data\/0" at byte \d+, got \d+/,
  );
});

test("an archive whose records are said to be beyond its end is refused", async () => {
  const whole = changed("PK", "PK");
  const end = whole.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const locator = Buffer.alloc(20, "PK\x06\x07", "latin1").fill(0, 4);
  const place = 2n ** 20n;
  locator.writeBigUInt64LE(place, 8);
  const lying = instructions(whole.subarray(0, end), locator, whole.subarray(end));
  await refuse(
    lying,
    new RegExp(`a whole ZIP archive, got one with 56 bytes at byte ${Number(place)}, beyond its end`),
  );
});

test("a file that has become shorter is refused with the offset", async () => {
  const whole = legacyFile(dict({ w: tensor() }));
  const path = fileOf("shorter.pth", whole);
  const file = await openTorchFile(path);
  truncateSync(path, whole.length - 6);
  assert.throws(
    () => file.read("w"),
    new RegExp(`expected 16 bytes of "w" at byte ${whole.length - 16}, got 10 bytes`),
  );
  file.close();
});

test("whatever single byte is changed, a file is read or refused in our words", async () => {
  const random = createRandom(19);
  for (const name of ["state_dict", "types before", "protocol 4", "layouts"]) {
    const whole = Buffer.from(oracle.torch[name]?.file ?? "", "base64");
    for (let i = 0; i < 100; i++) {
      const bytes = Buffer.from(whole);
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      try {
        const file = await openTorchFile(fileOf("changed.pth", bytes));
        for (const { name, dtype } of file.entries) if (/^float(16|32)$/.test(dtype)) file.read(name);
        file.close();
      } catch (error) {
        assert.match(String(error), /^(Range)?Error: Cannot read "/);
      }
    }
  }
});
