import type { PartitionKey } from "../packet/partition-key.ts";

/** Number of key groups: fixed, so that keyed state can move by whole groups. */
export const keyGroups = 128;

const offsetBasis = 0x811c9dc5;
const prime = 0x01000193;

/**
 * 32-bit FNV-1a (Fowler, Noll, Vo; RFC 9923) of a key's canonical encoding: a tag byte for the type (`s`, `n`, `b`,
 * `i`, `z`) and then UTF-8 text. Numbers and bigints are written in decimal as JavaScript prints them (−0 as `0`),
 * booleans as `1` and `0`; null has no text.
 */
export function hashKey(key: PartitionKey): number {
  switch (typeof key) {
    case "string":
      return hashText(0x73, key);
    case "number":
      return hashText(0x6e, String(key));
    case "boolean":
      return hashText(0x62, key ? "1" : "0");
    case "bigint":
      return hashText(0x69, String(key));
    default:
      return hashText(0x7a, "");
  }
}

/** The key group of a key, from 0 to 127: its hash, folded to 16 bits by xor, modulo 128. */
export function keyGroup(key: PartitionKey): number {
  const hash = hashKey(key);
  return ((hash >>> 16) ^ hash) & (keyGroups - 1);
}

/** The instance that owns a key group: groups are spread in contiguous ranges over `parallelism` instances. */
export function groupOwner(group: number, parallelism: number): number {
  return Math.floor((group * parallelism) / keyGroups);
}

function hashText(tag: number, text: string): number {
  let hash = Math.imul(offsetBasis ^ tag, prime);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      hash = Math.imul(hash ^ unit, prime);
      continue;
    }
    const point = text.codePointAt(i) as number;
    if (point > 0xffff) i++;
    hash = hashCodePoint(hash, point >= 0xd800 && point <= 0xdfff ? 0xfffd : point);
  }
  return hash >>> 0;
}

function hashCodePoint(hash: number, point: number): number {
  let h = hash;
  if (point < 0x800) {
    h = Math.imul(h ^ (0xc0 | (point >> 6)), prime);
  } else if (point < 0x10000) {
    h = Math.imul(h ^ (0xe0 | (point >> 12)), prime);
    h = Math.imul(h ^ (0x80 | ((point >> 6) & 0x3f)), prime);
  } else {
    h = Math.imul(h ^ (0xf0 | (point >> 18)), prime);
    h = Math.imul(h ^ (0x80 | ((point >> 12) & 0x3f)), prime);
    h = Math.imul(h ^ (0x80 | ((point >> 6) & 0x3f)), prime);
  }
  return Math.imul(h ^ (0x80 | (point & 0x3f)), prime);
}
