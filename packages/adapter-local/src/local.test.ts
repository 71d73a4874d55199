import { hasCode } from "@sage-kernel/core";
import { type Adapter, type Container, createRuntime, tokens } from "@sage-kernel/core/di";
import { createFakes } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { ConsolePrinter } from "./console-printer.ts";
import { createLocalRuntime, local } from "./local.ts";
import { NodeProcessProbe } from "./node-process-probe.ts";
import { PinoLogFiles } from "./pino-log-files.ts";

/** What the container of a runtime of these adapters provides. */
async function provided(...adapters: Adapter[]) {
  let container: Container | undefined;
  const witness: Adapter = {
    name: "witness",
    register(registered) {
      container = registered;
    },
  };
  await createRuntime({ adapters: [...adapters, witness] });
  return {
    printer: container?.resolve(tokens.printer),
    process: container?.resolve(tokens.processProbe),
    logs: container?.resolve(tokens.logFiles),
  };
}

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

  it("brings the console's printer, a probe of the process and log files", async () => {
    const { printer, process, logs } = await provided(local());

    expect(printer).toBeInstanceOf(ConsolePrinter);
    expect(process).toBeInstanceOf(NodeProcessProbe);
    expect(logs).toBeInstanceOf(PinoLogFiles);
  });

  it("gives way to a fake machine that comes after it", async () => {
    const fakes = createFakes();

    const { printer, process, logs } = await provided(local(), fakes.adapter);

    expect(printer).toBe(fakes.printer);
    expect(process).toBe(fakes.process);
    expect(logs).toBe(fakes.logs);
  });

  it("cannot be registered twice in one runtime", async () => {
    const refused = await createRuntime({ adapters: [local(), local()] }).then(
      () => undefined,
      (error: unknown) => error,
    );

    expect(hasCode(refused, "DUPLICATE_DRIVER")).toBe(true);
  });
});
