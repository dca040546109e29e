import assert from "node:assert/strict";
import { test } from "node:test";
import { type Header } from "../../../kernel/protocol";
import { parseObject } from "../../../kernel/wire/json";
import { MessageReader, MessageWriter, Signer } from "../../../kernel/wire/message";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const signer = new Signer({ key: "key", signature_scheme: "hmac-sha256" });
const unsigned = new Signer({ key: "", signature_scheme: "hmac-sha256" });
const header: Header = { msg_id: "1", msg_type: "t", session: "s", username: "u", date: "d", version: "5.5" };

function frames(
  changes: { header?: string; content?: string; signature?: string; by?: Signer } = {},
): Uint8Array[] {
  const { header: head = JSON.stringify(header), content = '{"code":"1"}', by = signer } = changes;
  const parts = [head, "{}", "{}", content].map(bytes);
  const signature = changes.signature ?? by.sign(parts);
  return [bytes("me"), bytes("<IDS|MSG>"), bytes(signature), ...parts, bytes("buffer")];
}

const read = (from: Uint8Array[], by = signer): ReturnType<MessageReader["read"]> =>
  new MessageReader(by).read(from);

test("Signer.sign() is HMAC over the four parts: the known value of HMAC-SHA256", () => {
  const parts = ["The quick brown fox ", "jumps over ", "the lazy ", "dog"]; // Wikipedia, "HMAC"
  assert.equal(signer.sign(parts), "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  const md5 = new Signer({ key: "key", signature_scheme: "hmac-md5" });
  assert.equal(md5.sign(parts), "80070713463e7749b90c2dc24911e275");
  assert.equal(unsigned.sign(parts), "");
});

test("MessageReader.read() takes a message apart", () => {
  const message = read(frames());
  assert.deepEqual(message.header, header);
  assert.deepEqual([message.parent, message.metadata, message.content], [{}, {}, { code: "1" }]);
  assert.deepEqual(message.identities, [bytes("me")]);
  assert.deepEqual(message.buffers, [bytes("buffer")]);
});

test("MessageReader.read() keeps what a header has besides, and does without what old clients leave out", () => {
  assert.deepEqual(read(frames({ header: '{"msg_id":"1","msg_type":"t","subshell_id":null}' })).header, {
    msg_id: "1",
    msg_type: "t",
    session: "",
    username: "",
    date: "",
    version: "",
    subshell_id: null,
  });
});

test("MessageReader.read() rejects what is not signed as it should be", () => {
  const right = signer.sign(["a"]);
  assert.throws(() => read(frames({ signature: "" })), /expected the right signature/);
  assert.throws(() => read(frames({ signature: right })), /expected the right signature/);
  assert.throws(() => read(frames({ signature: `${right}00` })), /expected the right signature/);
  assert.throws(() => read(frames({ signature: "é".repeat(32) })), /expected the right signature/);
  assert.doesNotThrow(() => read(frames({ signature: "whatever" }), unsigned));
});

test("MessageReader.read() rejects a message that comes a second time, unless messages are not signed", () => {
  const reader = new MessageReader(signer);
  reader.read(frames());
  assert.throws(() => reader.read(frames()), /expected a new message, got one a second time/);
  const careless = new MessageReader(unsigned);
  careless.read(frames({ by: unsigned }));
  careless.read(frames({ by: unsigned }));
});

test("MessageReader.read() rejects broken frames, headers and JSON", () => {
  const rejects = (changes: Parameters<typeof frames>[0], message: RegExp): void =>
    assert.throws(() => read(frames(changes)), message);
  assert.throws(() => read([]), /expected the delimiter/);
  assert.throws(() => read([bytes("a"), bytes("<IDS|MSG>x")]), /expected the delimiter/);
  assert.throws(() => read(frames().slice(0, 5)), /expected 5 parts or more after the delimiter, got 3/);
  rejects({ content: "{" }, /^Error: content: /);
  rejects({ content: "[]" }, /content: expected an object, got a list/);
  rejects({ content: "null" }, /content: expected an object/);
  rejects({ header: "{}" }, /expected a header with msg_id and msg_type/);
  rejects({ header: '{"msg_id":1,"msg_type":"t"}' }, /expected the header's msg_id to be a string/);
  rejects(
    { header: '{"msg_id":"1","msg_type":"t","session":{}}' },
    /expected the header's session to be a string/,
  );
});

test("parseObject() refuses nesting that would exhaust a stack, but not brackets in strings", () => {
  const nested = (depth: number): Uint8Array => bytes(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`);
  assert.doesNotThrow(() => parseObject(nested(400)));
  assert.throws(() => parseObject(nested(1_000_000)), /expected at most 500 levels of nesting/);
  assert.deepEqual(parseObject(bytes(`{"a":"${"[{".repeat(1000)}\\"["}`)), { a: `${"[{".repeat(1000)}"[` });
  assert.throws(() => parseObject(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])), /utf-8/);
});

test("parseObject() leaves out keys by which merging objects would change prototypes", () => {
  const parsed = parseObject(
    bytes(
      '{"__proto__":{"a":1},"b":[{"\\u005f_proto__":{"a":1},"constructor":{"prototype":{"a":1}},"c":2}]}',
    ),
  );
  assert.deepEqual(parsed, { b: [{ c: 2 }] });
  assert.ok(!Object.hasOwn(parsed, "__proto__"));
  assert.equal(Reflect.get({}, "a"), undefined);
  assert.deepEqual(parseObject(bytes('{"constructor":"Toyota"}')), { constructor: "Toyota" });
});

test("MessageWriter.write() makes what MessageReader.read() reads", () => {
  const writer = new MessageWriter(signer);
  const id = writer.nextId;
  const [content, parent] = ['{"text":"héllo"}', JSON.stringify(header)];
  const written = writer
    .write({ prefix: ["topic"], type: "stream", parent, metadata: "{}", content, buffers: [bytes("b")] })
    .map((frame) => (typeof frame === "string" ? bytes(frame) : frame));
  const message = read(written);
  assert.equal(message.header.msg_id, id);
  assert.notEqual(writer.nextId, id);
  assert.equal(message.header.msg_type, "stream");
  assert.equal(message.header.version, "5.5");
  assert.deepEqual(message.parent, header);
  assert.deepEqual(message.content, { text: "héllo" });
  assert.deepEqual(message.buffers, [bytes("b")]);
});
