import { createLocalRuntime } from "@sage-kernel/adapter-local";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let runtime: Awaited<ReturnType<typeof createLocalRuntime>>;

beforeEach(async () => {
  runtime = await createLocalRuntime({ log: { level: "silent" } });
});
afterEach(() => runtime.close());

describe("an id for a job", () => {
  const pipeline = () => {
    const env = runtime.environment("named");
    env.fromBatch([1, 2]).run();
    return env;
  };

  test("is its own, as long as no other job here has it", async () => {
    const job = await pipeline().submit({ id: "nightly" });
    expect(job.id).toBe("nightly");
    await job.done;
    await expect(pipeline().submit({ id: "nightly" })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      details: { path: "id" },
    });
    runtime.jobs.forget("nightly");

    const again = await pipeline().submit({ id: "nightly" });
    expect((await again.done).ledger.read).toBe(2);
  });

  test("goes to one of two that ask for it at once", async () => {
    const both = await Promise.allSettled([1, 2].map(() => pipeline().submit({ id: "once" })));

    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test.each([[""], ["a/b"], ["x".repeat(65)], [5]])("cannot be %j", async (id) => {
    await expect(pipeline().submit({ id: id as string })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      details: { path: "id" },
    });
  });
});
