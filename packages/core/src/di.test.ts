import { describe, expect, test } from "vitest";
import * as z from "zod";
import { type Adapter, createRuntime, parseOptions, tokens } from "./di.ts";
import { isSageError } from "./errors/sage-error.ts";
import type { Scheduler } from "./host/scheduler.port.ts";
import type { QueueDriver } from "./queue/queue-driver.port.ts";

const scheduler = {} as Scheduler;
const driver = (kind: string): QueueDriver => ({
  kind,
  capabilities: { crossProcess: false, durable: false, atomicCommit: true },
  open: () => {
    throw new Error("nothing is opened here");
  },
});

/** Everything but drivers, as values that nobody calls here. */
const host: Adapter = {
  name: "host",
  register(container) {
    for (const token of [
      tokens.clock,
      tokens.random,
      tokens.logger,
      tokens.ids,
      tokens.metrics,
      tokens.printer,
      tokens.processProbe,
      tokens.logFiles,
      tokens.taskFactory,
    ]) {
      container.register(token, { useValue: {} as never });
    }
    container.register(tokens.scheduler, { useValue: scheduler });
  },
};
const queues = (...kinds: string[]): Adapter => ({
  name: "queues",
  register: (container) => {
    for (const kind of kinds) container.register(tokens.queueDriver, { useValue: driver(kind) });
  },
});

async function failure(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("createRuntime", () => {
  test("without adapters names everything that is missing at once", async () => {
    const error = await failure(() => createRuntime({ adapters: [] }));

    expect(error).toMatchObject({ code: "MISSING_ADAPTER", kind: "usage" });
    const names = [
      "Clock",
      "Random",
      "Scheduler",
      "Logger",
      "IdSource",
      "Metrics",
      "Printer",
      "ProcessProbe",
      "LogFiles",
      "TaskFactory",
      "QueueDriver",
    ];
    expect(isSageError(error) && error.details.tokens).toEqual(names);
  });

  test("names only what is still missing", async () => {
    const error = await failure(() => createRuntime({ adapters: [host] }));

    expect(error).toMatchObject({ code: "MISSING_ADAPTER", details: { tokens: ["QueueDriver"] } });
  });

  test("refuses two drivers of one kind, of one adapter or of two", async () => {
    for (const adapters of [
      [host, queues("a", "b", "a")],
      [host, queues("a"), queues("b", "a")],
    ]) {
      expect(await failure(() => createRuntime({ adapters }))).toMatchObject({
        code: "DUPLICATE_DRIVER",
        details: { driver: "a" },
      });
    }
  });

  test("refuses a queueKind that no driver has", async () => {
    const error = await failure(() => createRuntime({ adapters: [host, queues("a", "b")], queueKind: "c" }));

    expect(error).toMatchObject({
      code: "UNKNOWN_DESCRIPTOR_KIND",
      details: { descriptor: "c", known: ["a", "b"] },
    });
  });

  test.each<[string, object]>([
    ["queueCapacity", { queueCapacity: 0 }],
    ["maxBatch", { maxBatch: 1.5 }],
    ["maxBatchMs", { maxBatchMs: 0 }],
    ["deadLetterCapacity", { deadLetterCapacity: -1 }],
    ["whenDeadLettersFull", { whenDeadLettersFull: "drop" }],
    ["queueCapacty", { queueCapacty: 5 }],
  ])("names the wrong option %s", async (path, option) => {
    const error = await failure(() => createRuntime({ adapters: [host, queues("a")], ...option }));

    expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path } });
  });

  test("puts inboxes on the first driver unless told otherwise", async () => {
    const adapters = [host, queues("a", "b")];
    const kindOf = async (options: object) => {
      const env = (await createRuntime({ adapters, ...options })).environment("p");
      env.fromBatch([1]).run();
      return env.compile().graph.tasks[1]?.inbox?.kind;
    };

    expect([await kindOf({}), await kindOf({ queueKind: "b" })]).toEqual(["a", "b"]);
  });

  test("puts the inboxes of single steps, and the queues of services, where queueKinds says", async () => {
    const queueKinds = { orders: { enrich: "b", profile: "c" }, other: { out: "c" } };
    const runtime = await createRuntime({ adapters: [host, queues("a", "b", "c")], queueKinds });
    const env = runtime.environment("orders");
    env.registerService("profile", () => ({ process: (n: number) => n }));
    env
      .fromBatch([1])
      .map((n) => n, { name: "enrich" })
      .run({ name: "out" });
    const { tasks, services } = env.compile().graph;

    expect(tasks.map(({ inbox }) => inbox?.kind)).toEqual([undefined, "b", "a"]);
    const { requests, control } = services[0]?.endpoints[0] ?? {};
    expect([requests?.kind, control?.kind]).toEqual(["c", "c"]);
  });

  test("refuses kinds that no driver has in queueKinds, too", async () => {
    const options = { adapters: [host, queues("a", "b")], queueKinds: { orders: { enrich: "c" } } };

    expect(await failure(() => createRuntime(options))).toMatchObject({
      code: "UNKNOWN_DESCRIPTOR_KIND",
      details: { descriptor: "c", known: ["a", "b"] },
    });
  });

  test("refuses a state store that no adapter has, and says which there are", async () => {
    const error = await failure(() => createRuntime({ adapters: [host, queues("a")], stateStore: "redis" }));

    expect(error).toMatchObject({
      code: "INVALID_OPTION",
      details: { path: "stateStore", expected: 'one of "memory", or an adapter that has it' },
    });
  });

  test("makes runtimes that do not see each other", async () => {
    const one = await createRuntime({ adapters: [host, queues("a")] });
    await createRuntime({ adapters: [host, queues("a")] });
    await one.close();

    expect(() => one.environment("p")).toThrow(expect.objectContaining({ code: "RUNTIME_CLOSED" }));
    const two = await createRuntime({ adapters: [host, queues("a")] });
    expect(two.environment("p").name).toBe("p");
  });
});

describe("parseOptions", () => {
  const schema = z.strictObject({
    url: z.string(),
    retry: z.strictObject({ times: z.int().default(3) }).optional(),
  });

  test("gives the options with their defaults", () => {
    expect(parseOptions(schema, { url: "x", retry: {} })).toEqual({ url: "x", retry: { times: 3 } });
  });

  test.each<[string, unknown]>([
    ["url", {}],
    ["url", { url: 5 }],
    ["retry.times", { url: "x", retry: { times: "many" } }],
    ["retry.tmes", { url: "x", retry: { tmes: 2 } }],
    ["options", null],
    ["options", "redis://x"],
  ])("names the path %s of what is wrong", async (path, options) => {
    expect(await failure(() => parseOptions(schema, options))).toMatchObject({
      code: "INVALID_OPTION",
      kind: "usage",
      details: { path },
    });
  });
});
