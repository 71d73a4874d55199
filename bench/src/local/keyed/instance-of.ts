const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * Which of the four instances owns a key, for contenders that do not know themselves: FNV-1a of the number's four
 * bytes. That is cheaper than what ours does once per key (of its decimal digits), and it is done for each record.
 */
export function instanceOf(key: number): number {
  let hash = Math.imul(OFFSET_BASIS ^ (key & 0xff), PRIME);
  hash = Math.imul(hash ^ ((key >>> 8) & 0xff), PRIME);
  hash = Math.imul(hash ^ ((key >>> 16) & 0xff), PRIME);
  hash = Math.imul(hash ^ (key >>> 24), PRIME);
  return ((hash >>> 16) ^ hash) & 3;
}
