import { describe, expect, test } from "vitest";
import { SageError } from "../errors/sage-error.ts";
import { TaskStats } from "./task-stats.ts";

describe("a task's measurements", () => {
  test("are zero and null before anything was measured", () => {
    expect(new TaskStats().toJSON()).toEqual({
      busyMs: 0,
      blockedMs: 0,
      latencyMs: { p50: null, p95: null, p99: null, max: null },
      errors: {},
    });
  });

  test("take a sampled unit for as many as have passed since the last one", () => {
    const stats = new TaskStats();
    stats.unit(8, 4, 32);

    expect(stats.toJSON()).toMatchObject({ busyMs: 256, latencyMs: { max: 2 } });
  });

  test("take a unit without records for time in user code and for no latency", () => {
    const stats = new TaskStats();
    stats.unit(3, 0, 1);

    expect(stats.toJSON()).toMatchObject({ busyMs: 3, latencyMs: { max: null } });
  });

  test("add up single records and the waits for room", () => {
    const stats = new TaskStats();
    stats.record(10);
    stats.record(30);
    stats.blocked(5);
    stats.blocked(7);

    expect(stats.toJSON()).toMatchObject({ busyMs: 40, blockedMs: 12, latencyMs: { max: 30 } });
  });

  test.each<[string, unknown]>([
    ["INVALID_KEY", new SageError("INVALID_KEY", { got: "x" })],
    ["ECONNRESET", Object.assign(new Error("gone"), { code: "ECONNRESET" })],
    ["TypeError", new TypeError("no")],
    ["TypeError", Object.assign(new TypeError("no"), { code: 7 })],
    ["NonError", "words"],
    ["NonError", undefined],
    [
      "NonError",
      {
        get code() {
          throw new Error("broken");
        },
      },
    ],
  ])("count a failed attempt as %s", (name, error) => {
    const stats = new TaskStats();
    stats.failure(error);
    stats.failure(error);

    expect(stats.toJSON().errors).toEqual({ [name]: 2 });
  });
});
