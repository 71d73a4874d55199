import type { AnyJobModule } from "../control/job-registry.ts";

const offset = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;

/**
 * Tells versions of a job's module apart: 16 hexadecimal digits, FNV-1a of 64 bits over its name, its options, and its
 * `version`, or else the text of its `build`.
 */
export function jobDigest({ name, version, options = {}, build }: AnyJobModule): string {
  const text = JSON.stringify([name, version ?? String(build), options]);
  let hash = offset;
  for (let i = 0; i < text.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * prime);
  }
  return hash.toString(16).padStart(16, "0");
}
