/** How large a photo is, read off its first bytes. */

/** Of these a JPEG tells its size, unless a long preview stands before it. */
const FIRST = 1 << 16;

export interface PhotoSides {
  readonly width: number;
  readonly height: number;
}

/**
 * The sides of a JPEG or PNG as they are stored, before it is turned.
 * @returns undefined if its first bytes don't tell
 * @see ITU T.81 B.2.2 (frame header), W3C PNG 11.2.1 (IHDR)
 */
export async function storedSides(file: Blob): Promise<PhotoSides | undefined> {
  const bytes = new DataView(await file.slice(0, FIRST).arrayBuffer());
  if (bytes.byteLength < 24) return undefined;
  if (bytes.getUint32(0) === 0x89504e47) return { width: bytes.getUint32(16), height: bytes.getUint32(20) };
  return bytes.getUint16(0) === 0xffd8 ? frameOf(bytes) : undefined;
}

/** The frame header of a JPEG, whose segments each tell their length. */
function frameOf(bytes: DataView): PhotoSides | undefined {
  for (let at = 2; at + 9 <= bytes.byteLength; at += 2 + bytes.getUint16(at + 2)) {
    const marker = bytes.getUint16(at);
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) return { height: bytes.getUint16(at + 5), width: bytes.getUint16(at + 7) };
    if (marker < 0xffc0 || marker === 0xffda || marker === 0xffff) return undefined;
  }
  return undefined;
}
