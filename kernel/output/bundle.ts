import { inspect, types } from "node:util";
import type { Json } from "../protocol";

/** What a value shows, by MIME type; a front end picks the richest type it can draw. */
export type MimeBundle = Json;

/** A bundle, and what front ends are told besides. */
export interface BundleWithMetadata {
  readonly data: MimeBundle;
  readonly metadata: Json;
}

/**
 * A bundle, also a Map, or one with metadata, { data, metadata }, as a notebook can hold it: JSON where the MIME type is
 * JSON's, else text, which for images, sounds and the like is base64.
 * @throws {TypeError} if it is none, or has under a type what can't be written there
 */
export function expectBundle(given: unknown): BundleWithMetadata {
  const bundle: unknown = types.isMap(given) ? Object.fromEntries(given) : given;
  if (isRecord(bundle)) {
    const { data, metadata = {} } = bundle;
    if (isBundle(data) && isRecord(metadata)) return { data: written(data), metadata };
    if (isBundle(bundle)) return { data: written(bundle), metadata: {} };
  }
  throw new TypeError(
    `Cannot display value: expected a MIME bundle such as {"text/html": …}, got ${inspect(given, { depth: 0 })}`,
  );
}

function written(bundle: MimeBundle): MimeBundle {
  const entries = Object.entries(bundle).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(entries.map(([type, value]) => [type, contentOf(type, value)]));
}

/** As nbformat's schema has it: a notebook with anything but text where the type is not JSON's can't be read again. */
function contentOf(type: string, value: unknown): unknown {
  if (/^application\/(.*\+)?json$/.test(type) || typeof value === "string") return value;
  if (Array.isArray(value) && value.every((line) => typeof line === "string")) return value;
  const bytes = bytesOf(value);
  if (bytes !== undefined) return bytes.toString(isText(type) ? "utf8" : "base64");
  if (["number", "bigint", "boolean"].includes(typeof value)) return String(value);
  if (type.startsWith("application/")) return value; // its front end's matter
  throw new TypeError(
    `Cannot display value: expected text or bytes under "${type}", got ${inspect(value, { depth: 0 })}`,
  );
}

/** Whether bytes of this type are UTF-8. */
function isText(type: string): boolean {
  return /^text\/|\+xml$|^application\/(javascript|xml)$/.test(type);
}

function bytesOf(value: unknown): Buffer | undefined {
  if (types.isAnyArrayBuffer(value)) return Buffer.from(value);
  if (!ArrayBuffer.isView(value)) return undefined;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function isBundle(value: unknown): value is MimeBundle {
  return isRecord(value) && Object.keys(value).every((type) => type.includes("/"));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
