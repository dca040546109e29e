/**
 * A name for what may not be confused, 16 hexadecimal digits: FNV-1a, by which a kernel's start need not wait for OpenSSL.
 * @see http://www.isthe.com/chongo/tech/comp/fnv/ (64 bits)
 */
export function hashOf(parts: readonly unknown[]): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(JSON.stringify(parts)))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
