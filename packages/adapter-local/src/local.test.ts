import { hasCode } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { describe, expect, it } from "vitest";
import { createLocalRuntime, local } from "./local.ts";

describe("createLocalRuntime", () => {
  it("runs a pipeline with nothing else", async () => {
    const runtime = await createLocalRuntime();
    const env = runtime.environment("squares");
    const squares = env
      .fromBatch([1, 2, 3])
      .map((n) => n * n)
      .collect();

    const job = await env.submit();
    const report = await job.done;
    await runtime.close();

    expect(job.collected(squares)).toEqual([1, 4, 9]);
    expect(report.ledger.balanced).toBe(true);
    expect(job.id).toMatch(/^squares-[0-9a-f]{12}$/);
  });

  it.each([
    [{ log: { level: "loud" } }, "log.level"],
    [{ seed: -1 }, "seed"],
    [{ colour: true }, "colour"],
    [{ queueCapacity: 0 }, "queueCapacity"],
    [{ queueKind: "redis" }, "redis"],
  ])("refuses the options %j by their path", async (options, path) => {
    const refused = await createLocalRuntime(options as never).then(
      () => undefined,
      (error: unknown) => error,
    );

    expect(hasCode(refused, "INVALID_OPTION") || hasCode(refused, "UNKNOWN_DESCRIPTOR_KIND")).toBe(true);
    expect(String(refused)).toContain(path);
  });

  it("gives two runtimes in one process nothing in common", async () => {
    const [first, second] = await Promise.all([createLocalRuntime(), createLocalRuntime()]);
    const env = first.environment("a");
    env.fromBatch([1]).run();
    await (await env.submit()).done;

    expect(first.jobs.list()).toHaveLength(1);
    expect(second.jobs.list()).toHaveLength(0);
    await Promise.all([first.close(), second.close()]);
  });

  it("cannot be registered twice in one runtime", async () => {
    const refused = await createRuntime({ adapters: [local(), local()] }).then(
      () => undefined,
      (error: unknown) => error,
    );

    expect(hasCode(refused, "DUPLICATE_DRIVER")).toBe(true);
  });
});
