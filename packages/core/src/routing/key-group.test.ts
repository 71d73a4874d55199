import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PartitionKey } from "../packet/partition-key.ts";
import { groupOwner, hashKey, keyGroup, keyGroups } from "./key-group.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

/** FNV-1a, 32 bits, byte by byte, as RFC 9923 writes it; in bigints, so nothing of the code under test is shared. */
function fnv1a(bytes: Iterable<number>): number {
  let hash = 0x811c9dc5n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x01000193n) % 2n ** 32n;
  return Number(hash);
}

const encoded = (tag: string, text: string) => new TextEncoder().encode(tag + text);
const wellFormed = fc.string({ unit: "binary" });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const anyKey: fc.Arbitrary<PartitionKey> = fc.oneof(
  wellFormed,
  finite,
  fc.boolean(),
  fc.bigInt(),
  fc.constant(null),
);

describe("the reference implementation of these tests", () => {
  test.each([
    ["", 0x811c9dc5],
    ["a", 0xe40c292c],
    ["foobar", 0xbf9cf968],
  ])("gives the published FNV-1a value of %o", (text, hash) => {
    expect(fnv1a(new TextEncoder().encode(text))).toBe(hash);
  });
});

describe("hashKey", () => {
  test("hashes the tag s and the UTF-8 text of a string, characters beyond the BMP included", () => {
    fc.assert(
      fc.property(wellFormed, (text) => {
        expect(hashKey(text)).toBe(fnv1a(encoded("s", text)));
      }),
    );
    expect(hashKey("zwölf €uro 𝄞🎼")).toBe(fnv1a(encoded("s", "zwölf €uro 𝄞🎼")));
  });

  test("hashes the tag n and the decimal text of a number", () => {
    fc.assert(
      fc.property(fc.oneof(finite, fc.integer()), (number) => {
        expect(hashKey(number)).toBe(fnv1a(encoded("n", String(number))));
      }),
    );
  });

  test("hashes the tag i and the decimal text of a bigint", () => {
    fc.assert(
      fc.property(fc.bigInt(), (big) => {
        expect(hashKey(big)).toBe(fnv1a(encoded("i", String(big))));
      }),
    );
  });

  test("hashes booleans as b1 and b0, and null as z", () => {
    expect(hashKey(true)).toBe(fnv1a(encoded("b", "1")));
    expect(hashKey(false)).toBe(fnv1a(encoded("b", "0")));
    expect(hashKey(null)).toBe(fnv1a(encoded("z", "")));
  });

  test("takes strings with lone surrogates, and the same one always gives the same hash", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }), (units) => {
        const text = String.fromCharCode(...units);
        const hash = hashKey(text);

        expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
        expect(hashKey(text)).toBe(hash);
      }),
    );
  });

  test("tells equal-looking keys of different types apart", () => {
    const hashes = [1, "1", 1n, true].map(hashKey);

    expect(new Set(hashes).size).toBe(4);
    expect(hashKey("")).not.toBe(hashKey(null));
    expect(hashKey(0)).not.toBe(hashKey(false));
  });

  test("takes -0 for 0", () => {
    expect(hashKey(-0)).toBe(hashKey(0));
  });
});

describe("keyGroup", () => {
  test("is the hash folded by xor, modulo 128", () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const hash = hashKey(key);
        const folded = Math.floor(hash / 65536) ^ (hash % 65536);

        expect(keyGroup(key)).toBe(folded % 128);
      }),
    );
  });

  // Persisted state and other processes rely on these: a change here breaks them.
  test.each<[PartitionKey, number, number]>([
    ["", 0xf60c4582, 14],
    ["a", 0x38520459, 11],
    ["user-42", 0xfeff07c2, 61],
    ["zwölf", 0x8798556a, 114],
    ["𝄞", 0xc3bd1da3, 30],
    ["1", 0x0851b8c9, 24],
    [1, 0x0435dc00, 53],
    [0, 0x0535dd93, 38],
    [-1.5, 0xdd529342, 16],
    [1n, 0x8c38f0af, 23],
    [true, 0x8c2c24bc, 16],
    [false, 0x8d2c264f, 99],
    [null, 0xff0c53ad, 33],
  ])("of %o has hash and group pinned for all time", (key, hash, group) => {
    expect(hashKey(key)).toBe(hash);
    expect(keyGroup(key)).toBe(group);
  });

  test.each([
    ["words with a running number", (i: number) => `user-${i}`],
    ["running numbers", (i: number) => i],
    ["ids in hexadecimal", (i: number) => (i * 2654435761).toString(16)],
  ])("spreads 100,000 %s evenly over the groups (R-02)", (_, keyOf) => {
    const counts = new Array<number>(keyGroups).fill(0);
    for (let i = 0; i < 100_000; i++) (counts[keyGroup(keyOf(i))] as number)++;
    const expected = 100_000 / keyGroups;
    const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);

    expect(Math.min(...counts)).toBeGreaterThan(0.7 * expected);
    expect(Math.max(...counts)).toBeLessThan(1.3 * expected);
    expect(chiSquare).toBeLessThan(400); // sane, not random: the hash need not pass for noise on regular keys
  });
});

describe("groupOwner", () => {
  test("gives every instance one contiguous range of groups, and every group an owner", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (parallelism) => {
        const owners = Array.from({ length: keyGroups }, (_, group) => groupOwner(group, parallelism));

        expect(owners[0]).toBe(0);
        for (const owner of owners)
          expect(Number.isInteger(owner) && owner >= 0 && owner < parallelism).toBe(true);
        expect(owners).toEqual([...owners].sort((a, b) => a - b));
      }),
    );
  });

  test("shares the groups out fairly: the shares differ by one at most", () => {
    for (let parallelism = 1; parallelism <= keyGroups; parallelism++) {
      const shares = new Array<number>(parallelism).fill(0);
      for (let g = 0; g < keyGroups; g++) (shares[groupOwner(g, parallelism)] as number)++;

      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }
  });
});
