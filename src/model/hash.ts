/** FNV-1a, 32 bits: a second seed, so that each variable and layer draws numbers of its own. */
export function hash(name: string): number {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(name)) state = Math.imul(state ^ byte, 0x01000193);
  return state | 0;
}
