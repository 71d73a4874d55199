import { createHash } from "node:crypto";
import { extname } from "node:path";
import type { Contents } from "./temporary-folder.ts";

/** What a census of these contents must say, computed another way than the census does. */
export function expectedCensus(contents: Contents) {
  const kinds: Record<string, { files: number; bytes: number; lines: number }> = {};
  const digests = new Set<string>();
  let total = 0;
  for (const [path, content] of Object.entries(contents)) {
    const buffer = Buffer.from(content);
    const kind = extname(path).toLowerCase() || "(none)";
    const { files, bytes, lines } = kinds[kind] ?? { files: 0, bytes: 0, lines: 0 };
    kinds[kind] = {
      files: files + 1,
      bytes: bytes + buffer.length,
      lines: lines + buffer.toString("latin1").split("\n").length - 1,
    };
    total += buffer.length;
    digests.add(createHash("sha256").update(buffer).digest("hex"));
  }
  return { files: Object.keys(contents).length, bytes: total, digests: digests.size, kinds };
}
