/** How wide and high a picture is by its file's head, in pixels; 0 where it does not say, or not where it should. */
export function sidesOf(file: Buffer, type: string): readonly [width: number, height: number] {
  const read = readers[type];
  return read !== undefined && file.length >= 30 ? read(file) : [0, 0];
}

const readers: Readonly<Record<string, (file: Buffer) => readonly [number, number]>> = {
  "image/png": (file) => [file.readUInt32BE(16), file.readUInt32BE(20)],
  "image/gif": (file) => [file.readUInt16LE(6), file.readUInt16LE(8)],
  "image/bmp": (file) => [Math.abs(file.readInt32LE(18)), Math.abs(file.readInt32LE(22))],
  "image/webp": sidesOfWebp,
  "image/jpeg": sidesOfJpeg,
};

/** @see RFC 9649 (WebP), sections 2.5 to 2.7 */
function sidesOfWebp(file: Buffer): readonly [number, number] {
  const kind = file.toString("latin1", 12, 16);
  if (kind === "VP8X") return [file.readUIntLE(24, 3) + 1, file.readUIntLE(27, 3) + 1];
  if (kind === "VP8 ") return [file.readUInt16LE(26) & 0x3fff, file.readUInt16LE(28) & 0x3fff];
  const bits = file.readUInt32LE(21); // VP8L: 14 bits each
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
}

/** In the frame's header, which follows other segments. @see ITU-T T.81, B.2.2 */
function sidesOfJpeg(file: Buffer): readonly [number, number] {
  let at = 2;
  while (at + 9 <= file.length && file[at] === 0xff) {
    const marker = file[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return [file.readUInt16BE(at + 7), file.readUInt16BE(at + 5)];
    at += 2 + file.readUInt16BE(at + 2);
  }
  return [0, 0];
}
