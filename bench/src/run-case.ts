// The child process: loads one case, runs it once, replies over IPC. It imports nothing but types, so that
// `enteredAt` is read before any module of ours or of a peer is loaded.
import type { BenchCase, CaseReply } from "./harness/bench-case.ts";

const enteredAt = performance.now();
process.on("disconnect", () => process.exit(1)); // the parent is gone

const [module = "", name = "", size = ""] = process.argv.slice(2);
const reply = await run();
process.send?.(reply, () => process.exit(reply.ok ? 0 : 1));

async function run(): Promise<CaseReply> {
  try {
    const exported = (await import(module)) as Readonly<Record<string, BenchCase | undefined>>;
    const benchCase = exported[name];
    if (benchCase === undefined) throw new Error(`${module} exports no case "${name}"`);
    return { ok: true, measurement: await benchCase({ enteredAt, size: Number(size) }) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
