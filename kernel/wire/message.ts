import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { type Header, type Json } from "../protocol";
import { digestOf } from "./connection";
import { parseObject, wellFormed } from "./json";

/** The version of Jupyter's protocol that the kernel speaks. */
export const protocolVersion = "5.5";

/** A message that came in whole and, if there is a key, with the right signature. */
export interface Incoming {
  /** ZeroMQ's routing prefix: who sent it. */
  readonly identities: readonly Uint8Array[];
  readonly header: Header;
  readonly parent: Json;
  readonly metadata: Json;
  readonly content: Json;
  readonly buffers: readonly Uint8Array[];
}

/** A message that goes out; parent, metadata and content are JSON texts. */
export interface Outgoing {
  /** Identities of the receiver, or the topic. */
  readonly prefix: readonly (Uint8Array | string)[];
  readonly type: string;
  readonly parent: string;
  readonly metadata: string;
  readonly content: string;
  readonly buffers: readonly Uint8Array[];
}

/** A part of a message, as ZeroMQ takes it. */
export type Frame = Uint8Array | string;

const delimiter = Buffer.from("<IDS|MSG>");

/** How many signatures are remembered, to know messages that come a second time (jupyter_client: 2 ** 16). */
const historySize = 65_536;

/** Signs messages by a key that kernel and front end share; by none if it is "". */
export class Signer {
  readonly #key: string;
  readonly #digest: string;

  constructor({ key, signature_scheme }: { readonly key: string; readonly signature_scheme: string }) {
    this.#key = key;
    this.#digest = digestOf(signature_scheme) ?? "sha256";
  }

  /** Whether messages are signed at all. */
  get signs(): boolean {
    return this.#key !== "";
  }

  /** The signature of a message's header, parent, metadata and content in hexadecimal digits. */
  sign(parts: readonly Frame[]): string {
    if (!this.signs) return "";
    const hmac = createHmac(this.#digest, this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  /** Compares in a time that does not tell how much of a signature is right. */
  accepts(signature: Uint8Array, parts: readonly Frame[]): boolean {
    if (!this.signs) return true;
    const right = Buffer.from(this.sign(parts));
    return right.length === signature.length && timingSafeEqual(right, signature);
  }
}

/** Reads what others send. */
export class MessageReader {
  readonly #signer: Signer;
  readonly #seen = new Set<string>();

  constructor(signer: Signer) {
    this.#signer = signer;
  }

  /**
   * Takes a message apart.
   * @throws {Error} if it is not one of Jupyter's, not signed as it should be, or was there before
   */
  read(frames: readonly Uint8Array[]): Incoming {
    const start = frames.findIndex((frame) => delimiter.equals(frame));
    if (start < 0) throw new TypeError("expected the delimiter <IDS|MSG>");
    const [signature, header, parent, metadata, content, ...buffers] = frames.slice(start + 1);
    if (!signature || !header || !parent || !metadata || !content) {
      throw new TypeError(`expected 5 parts or more after the delimiter, got ${frames.length - start - 1}`);
    }
    this.#check(signature, [header, parent, metadata, content]);
    return {
      identities: frames.slice(0, start).map(copy),
      header: readHeader(parsePart("header", header)),
      parent: parsePart("parent header", parent),
      metadata: parsePart("metadata", metadata),
      content: parsePart("content", content),
      buffers: buffers.map(copy),
    };
  }

  #check(signature: Uint8Array, parts: readonly Uint8Array[]): void {
    if (!this.#signer.accepts(signature, parts)) throw new Error("expected the right signature");
    if (!this.#signer.signs) return;
    const digits = Buffer.from(signature).toString("latin1");
    if (this.#seen.has(digits)) throw new Error("expected a new message, got one a second time");
    this.#seen.add(digits);
    if (this.#seen.size <= historySize) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      return;
    }
  }
}

/** Puts together what the kernel sends. */
export class MessageWriter {
  readonly #signer: Signer;
  readonly #session = randomUUID();
  #count = 0;

  constructor(signer: Signer) {
    this.#signer = signer;
  }

  /** The id that the next message will have. */
  get nextId(): string {
    return `${this.#session}_${process.pid}_${this.#count}`;
  }

  /** A message's parts, signed. */
  write({ prefix, type, parent, metadata, content, buffers }: Outgoing): Frame[] {
    const header: Header = {
      msg_id: this.nextId,
      msg_type: type,
      session: this.#session,
      username: "slimlab",
      date: new Date().toISOString(),
      version: protocolVersion,
    };
    this.#count++;
    const texts = [JSON.stringify(header), parent, metadata].map(wellFormed);
    const parts = [...texts, Buffer.from(wellFormed(content))];
    return [...prefix, delimiter, this.#signer.sign(parts), ...parts, ...buffers];
  }
}

function readHeader(json: Json): Header {
  const text = (name: string): string => {
    const value = json[name] ?? "";
    if (typeof value !== "string") throw new TypeError(`expected the header's ${name} to be a string`);
    return value;
  };
  const [msg_id, msg_type] = [text("msg_id"), text("msg_type")];
  if (msg_id === "" || msg_type === "") throw new TypeError("expected a header with msg_id and msg_type");
  const [session, username, date, version] = [
    text("session"),
    text("username"),
    text("date"),
    text("version"),
  ];
  const subshell_id = json["subshell_id"] ?? null;
  if (subshell_id !== null && typeof subshell_id !== "string")
    throw new TypeError("expected the header's subshell_id to be a string");
  const header = { ...json, msg_id, msg_type, session, username, date, version };
  return subshell_id === null ? header : { ...header, subshell_id };
}

function parsePart(name: string, bytes: Uint8Array): Json {
  try {
    return parseObject(bytes);
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Bytes of their own, which another thread may be given. */
function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
