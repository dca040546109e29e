/** Photos that come as the bodies of HTTP requests. */
import { PhotoError, PhotoTooLargeError } from "../input";
import type { GivenPhoto } from "./batchphotos";

/** A photo and what it is called in its answer. */
export interface NamedPhoto extends GivenPhoto {
  readonly name: string;
}

/** What a photo without a name is called, as predict() does. */
const UNNAMED = "photo 0";

/** Bytes as they were given. */
export function photoOfBytes({ buffer, byteOffset, byteLength }: Uint8Array): NamedPhoto {
  return {
    name: UNNAMED,
    called: `of ${byteLength} bytes`,
    contents: Buffer.from(buffer, byteOffset, byteLength),
  };
}

/**
 * How many bytes a request's body will have: those that it tells, or as many as it may have.
 * @throws {PhotoTooLargeError} if it tells of more
 */
export function bytesOfRequest({ headers }: Request, maxBytes: number): number {
  const told = headers.get("content-length");
  const bytes = told === null ? maxBytes : Number(told);
  expectBytes(bytes, maxBytes);
  return bytes;
}

/**
 * The photo that a request's body is, or the one file of its form (multipart/form-data).
 * @throws {PhotoTooLargeError} if the body has more bytes; the rest of it is not read
 * @throws {PhotoError} if the form is none or has not just one file
 */
export async function photoOfRequest(request: Request, maxBytes: number): Promise<NamedPhoto> {
  const contents = await bodyOf(request, maxBytes);
  const type = request.headers.get("content-type") ?? "";
  return type.startsWith("multipart/form-data") ? photoOfForm(contents, type) : photoOfBytes(contents);
}

async function bodyOf(request: Request, maxBytes: number): Promise<Buffer> {
  if (request.headers.has("content-length")) {
    const whole = Buffer.from(await request.arrayBuffer());
    expectBytes(whole.length, maxBytes);
    return whole;
  }
  const body: AsyncIterable<Uint8Array> | null = request.body;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    parts.push(part);
    bytes += part.length;
    expectBytes(bytes, maxBytes);
  }
  return Buffer.concat(parts);
}

async function photoOfForm(contents: Buffer, type: string): Promise<NamedPhoto> {
  const form = await formOf(contents, type);
  const entries = [...form.entries()];
  const files = entries.flatMap(([, value]) => (typeof value === "string" ? [] : [value]));
  const [file] = files;
  if (file === undefined || files.length > 1)
    throw new PhotoError(
      `Cannot read image of a form: expected one file, got ${files.length} in fields: ${entries.map(([key]) => key).join(", ") || "none"}`,
    );
  return { name: file.name, called: `"${file.name}"`, contents: Buffer.from(await file.arrayBuffer()) };
}

async function formOf(contents: Buffer, type: string): Promise<FormData> {
  try {
    return await new Response(contents, { headers: { "content-type": type } }).formData();
  } catch (error) {
    throw new PhotoError(
      "Cannot read image of a form: expected multipart/form-data, got a body that is none",
      {
        cause: error,
      },
    );
  }
}

function expectBytes(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes)
    throw new PhotoTooLargeError(
      `Cannot read image: expected at most ${maxBytes} bytes, got ${bytes} or more`,
    );
}
