/** safetensors files against Python's safetensors, and damaged ones. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  closeSync,
  openSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openWeights } from "../../src/weights/formats/open";
import { openSafetensors } from "../../src/weights/formats/safetensors";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { pattern } from "../patterns";
import { temporaryFolder } from "../temporary";
import { expectTensors, fileOf, floatsOf, oracle } from "./files";

for (const [name, { file, tensors }] of Object.entries(oracle.safetensors))
  test(`a safetensors file is read as Python does: ${name}`, async () => {
    const weights = await openWeights(fileOf(`${name}.safetensors`, file));
    expectTensors(weights, tensors);
    assert.deepEqual(weights.metadata, name === "types" || name === "single" ? { format: "pt" } : {});
    weights.close();
    weights.close();
    const [first = ""] = Object.keys(tensors);
    assert.throws(() => weights.read(first), /the file is closed/);
  });

/** A safetensors file of a header and bytes. */
function made(header: unknown, bytes: number, length?: number): Buffer {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(length ?? text.length));
  return Buffer.concat([start, text, Buffer.alloc(bytes)]);
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]): object => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

const damage: Readonly<Record<string, readonly [file: Buffer, message: RegExp]>> = {
  "no bytes": [Buffer.alloc(0), /8 bytes of the header's length at byte 0, got 0 bytes/],
  "a header beyond the file": [made({}, 0, 100), /header, of at most 2 bytes at byte 0, got 100/],
  "a header of 2^63 bytes": [made({}, 0, 2 ** 63), /at byte 0, got 9223372036854775808/],
  "a header that ends early": [made('{"a":', 0), /expected JSON at byte 8, got/],
  "a list as header": [made("[]", 0), /expected a JSON object at byte 8, got \[\]/],
  "a header that is no UTF-8": [made('{"\u{fffd}":1}', 0).fill(0xff, 10, 12), /UTF-8 at byte 8/],
  "a name twice": [
    made(`{"a":${JSON.stringify(f32(0, 4))},"b\\u0061":1,"ba":2}`, 4),
    /each name once at byte 74, got "ba" again/,
  ],
  "a dtype twice": [made('{"a":{"dtype":"F32","dtype":"I32"}}', 0), /got "dtype" again/],
  "metadata of numbers": [made({ __metadata__: { a: 1 } }, 0), /expected texts by name as __metadata__/],
  "a tensor that is a number": [
    made({ a: 1 }, 0),
    /shape and data_offsets of "a" in the header at byte 8, got 1/,
  ],
  "an unknown dtype": [
    made({ a: { ...f32(0, 4), dtype: "F33" } }, 4),
    /a dtype of F64, .* of "a".*got "F33"/,
  ],
  "a negative size": [made({ a: f32(0, 4, [-1]) }, 4), /a shape of sizes of "a".*got \[-1\]/],
  "a size that is no integer": [made({ a: f32(0, 4, [0.5, 2]) }, 4), /a shape of sizes of "a"/],
  "one offset": [made({ a: { ...f32(0, 4), data_offsets: [0] } }, 4), /data_offsets.* of "a".*got \[0\]/],
  "offsets above 2^53": [made({ a: f32(2 ** 53, 2 ** 53 + 4) }, 4), /data_offsets.* of "a"/],
  "more bytes than the shape": [
    made({ a: f32(0, 8, [1]) }, 8),
    /4 bytes of "a", F32 \[1\], at byte \d+, got data_offsets of 8/,
  ],
  "offsets that run backwards": [made({ a: f32(4, 0, [1]) }, 8), /got data_offsets of -4/],
  "a shape whose product is none": [made({ a: f32(0, 0, [2 ** 52, 2 ** 52, 0]) }, 8), /8 bytes more/],
  "a truncated tensor": [
    made({ a: f32(0, 8) }, 7),
    /8 bytes of "a", F32 \[2\], at byte 62, got a file that ends at byte 69/,
  ],
  "tensors that overlap": [
    made({ a: f32(0, 8), b: f32(4, 12) }, 12),
    /after "a" at byte \d+, got "b", which begins within it/,
  ],
  "a gap": [made({ a: f32(0, 4), b: f32(8, 12) }, 12), /after "a" at byte \d+, got a gap up to "b"/],
  "a gap at the start": [made({ a: f32(4, 8) }, 8), /after the header at byte \d+, got a gap/],
  "bytes after the last": [
    made({ a: f32(0, 4) }, 9),
    /the end of the file after "a" at byte \d+, got 5 bytes more/,
  ],
};

for (const [name, [file, message]] of Object.entries(damage))
  test(`a safetensors file with ${name} is refused with its place`, () => {
    const path = fileOf("damaged.safetensors", file);
    assert.throws(() => openSafetensors(path), message);
    assert.throws(
      () => openSafetensors(path),
      /^Error: Cannot read ".*damaged\.safetensors": expected .*, got /,
    );
  });

test("a name that a safetensors file lacks is refused with those near to it", () => {
  const file = openSafetensors(fileOf("single.safetensors", oracle.safetensors.single?.file ?? ""));
  assert.throws(() => file.read("head.wieght"), /^RangeError: Cannot read "head.wieght" .*"head.weight"/);
  file.close();
});

/** A folder of two files and their index, which may lie. */
function sharded(map: Readonly<Record<string, unknown>>): string {
  const folder = temporaryFolder("shards");
  writeFileSync(
    join(folder, "one.safetensors"),
    made({ b: f32(0, 4), a: f32(4, 12), __metadata__: { format: "pt" } }, 12),
  );
  writeFileSync(join(folder, "two.safetensors"), made({ c: f32(0, 4) }, 4));
  const index = { metadata: { total_size: 16 }, weight_map: map };
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
  return folder;
}

const MAP = { a: "one.safetensors", b: "one.safetensors", c: "two.safetensors" };

test("files under an index are read as one, by the index or its folder", async () => {
  const folder = sharded(MAP);
  for (const path of [folder, join(folder, "model.safetensors.index.json")]) {
    const file = await openWeights(path);
    assert.deepEqual(
      file.entries.map(({ name }) => name),
      ["b", "a", "c"],
    );
    assert.deepEqual(file.metadata, { format: "pt", total_size: "16" });
    assert.equal(file.path, join(folder, "one.safetensors"));
    assert.equal(file.read("a").length, 2);
    file.close();
  }
});

test("an index is refused that names what is not there, or not all that is", () => {
  const cases: (readonly [map: Readonly<Record<string, unknown>>, message: RegExp])[] = [
    [{ ...MAP, d: "three.safetensors" }, /expected its 3 files, got no ".*three.safetensors"/],
    [{ ...MAP, d: "two.safetensors" }, /expected "d" in two.safetensors, got none there/],
    [
      { ...MAP, c: "one.safetensors", d: "two.safetensors" },
      /expected "c" in one.safetensors, got it in ".*two.safetensors" at byte 62/,
    ],
    [{ a: MAP.a, b: MAP.b, d: MAP.c }, /expected "c" in none of its files/],
    [{ ...MAP, d: "../one.safetensors" }, /a file of its folder for "d", got "..\/one.safetensors"/],
    [{ ...MAP, d: 1 }, /a file of its folder for "d", got 1/],
  ];
  for (const [map, message] of cases) assert.throws(() => openSafetensors(sharded(map)), message);
  const path = fileOf("no.safetensors.index.json", Buffer.from("{}"));
  assert.throws(() => openSafetensors(path), /expected a "weight_map", got none/);
});

test("a folder without an index is its only file, and refused with several", () => {
  const folder = temporaryFolder("one");
  writeFileSync(join(folder, "model.safetensors"), made({ c: f32(0, 4) }, 4));
  openSafetensors(folder).close();
  writeFileSync(join(folder, "other.safetensors"), made({ c: f32(0, 4) }, 4));
  assert.throws(
    () => openSafetensors(folder),
    /expected one file .*, got model.safetensors, other.safetensors/,
  );
});

test("what lies beyond 4 GB is read, and a file that has become shorter is refused", () => {
  const count = 1_200_000_000;
  const header = made({ large: f32(0, 4 * count), last: f32(4 * count, 4 * count + 8) }, 0);
  const path = fileOf("large.safetensors", header);
  const end = header.length + 4 * count + 8;
  truncateSync(path, end); // without bytes on the disk
  const handle = openSync(path, "r+");
  writeSync(handle, new Uint8Array(Float32Array.of(1, 2).buffer), 0, 8, end - 8);
  closeSync(handle);
  const file = openSafetensors(path);
  assert.deepEqual(file.read("last"), Float32Array.of(1, 2));
  truncateSync(path, end - 5);
  assert.throws(
    () => file.read("last"),
    new RegExp(`expected 8 bytes of "last" at byte ${end - 8}, got 3 bytes`),
  );
  file.close();
});

test("all float16 are read as the float32 that they are", () => {
  const header = { all: { dtype: "F16", shape: [65536], data_offsets: [0, 131072] } };
  const bytes = made(header, 131072);
  Buffer.from(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer).copy(bytes, bytes.length - 131072);
  const file = openSafetensors(fileOf("halves.safetensors", bytes));
  const numbers = file.read("all").map((one) => (Number.isNaN(one) ? 0 : one));
  file.close();
  const hash = createHash("sha256").update(new Uint8Array(numbers.buffer)).digest("hex");
  assert.equal(hash, oracle.halves.wideSha256);
});

test("a float64 that float32 can't hold is refused", () => {
  const bytes = made({ a: { dtype: "F64", shape: [2], data_offsets: [0, 16] } }, 16);
  bytes.writeDoubleLE(1e39, bytes.length - 8);
  const file = openSafetensors(fileOf("large.safetensors", bytes));
  assert.throws(() => file.read("a"), /^RangeError: .*"a" .*expected float64 .*, got 1e\+39/);
  file.close();
});

const head = [
  { name: "head.weight", shape: [3, 2], values: pattern("w", [3, 2]) },
  { name: "head.bias", shape: [3], values: pattern("b", [3]) },
];

test("what is written are the bytes that Python writes", async () => {
  const path = join(temporaryFolder("written"), "head.safetensors");
  for (const [name, options] of [
    ["single", { metadata: { format: "pt" } }],
    ["float16", { dtype: "float16" }],
    ["bfloat16", { dtype: "bfloat16" }],
  ] as const) {
    await writeSafetensors(path, head, options);
    assert.equal(readFileSync(path).toString("base64"), oracle.safetensors[name]?.file, name);
  }
  await writeSafetensors(path, [], {});
  assert.equal(readFileSync(path).toString("base64"), oracle.safetensors.none?.file);
});

test("halves are rounded as torch does", async () => {
  const values = floatsOf(oracle.halves.inputs);
  const path = join(temporaryFolder("rounded"), "halves.safetensors");
  for (const dtype of ["float16", "bfloat16"] as const) {
    await writeSafetensors(path, [{ name: "a", shape: [values.length], values }], { dtype });
    const bytes = readFileSync(path);
    assert.equal(bytes.subarray(-2 * values.length).toString("base64"), oracle.halves.rounded[dtype], dtype);
  }
});

test("what can't be written leaves the file as it was, and nothing beside it", async () => {
  const folder = temporaryFolder("refused");
  const path = join(folder, "head.safetensors");
  await writeSafetensors(path, head);
  const before = readFileSync(path);
  const refused = async (
    tensors: Parameters<typeof writeSafetensors>[1],
    message: RegExp,
    options = {},
  ): Promise<void> => {
    await assert.rejects(writeSafetensors(path, tensors, options), message);
    assert.deepEqual(readFileSync(path), before);
    assert.deepEqual(readdirSync(folder), ["head.safetensors"]);
  };
  const z = { name: "z", shape: [1], values: Float32Array.of(65520) };
  await refused([...head, z], /expected numbers that float16 can hold, got 65520/, { dtype: "float16" });
  await refused([...head, { ...z, values: Float32Array.of(3.4e38) }], /bfloat16 can hold/, {
    dtype: "bfloat16",
  });
  await refused([...head, { ...z, shape: [2] }], /expected 2 values of "z" \[2\], got 1/);
  await refused([z, z], /a name of its own for each tensor, got "z"/);
  await refused([{ ...z, name: "__metadata__" }], /got "__metadata__"/);
  await refused(head, /aborted/, { signal: AbortSignal.abort() });
  await assert.rejects(
    writeSafetensors(join(path, "a.safetensors"), head),
    /a\.safetensors": expected a place for a file, got (ENOTDIR|EEXIST)/,
  );
});

test("of two written to one file at a time one stays, whole", async () => {
  const folder = temporaryFolder("twice");
  const path = join(folder, "a.safetensors");
  const filled = [1, 2].map((value) => [
    { name: "a", shape: [200_000], values: new Float32Array(200_000).fill(value) },
  ]);
  await Promise.all(filled.map((tensors) => writeSafetensors(path, tensors)));
  const file = openSafetensors(path);
  const values = file.read("a");
  file.close();
  assert.ok([1, 2].includes(values[0] ?? NaN) && values.every((value) => value === values[0]));
  assert.deepEqual(readdirSync(folder), ["a.safetensors"]);
});

test("one tensor's values are asked for at a time, in the order of names", async () => {
  const asked: string[] = [];
  const lazy = ["b", "a"].map((name) => ({
    name,
    shape: [1],
    get values() {
      asked.push(name);
      return Float32Array.of(1);
    },
  }));
  await writeSafetensors(join(temporaryFolder("lazy"), "a.safetensors"), lazy);
  assert.deepEqual(asked, ["a", "b"]);
});
