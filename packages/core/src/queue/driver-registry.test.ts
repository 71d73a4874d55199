import { describe, expect, test } from "vitest";
import { DriverRegistry } from "./driver-registry.ts";
import type { QueueDriver } from "./queue-driver.port.ts";

const driver = (kind: string): QueueDriver => ({
  kind,
  capabilities: { crossProcess: false, durable: false, atomicCommit: true },
  open: () => {
    throw new Error("nothing is opened here");
  },
});

describe("DriverRegistry", () => {
  test("finds each driver by its kind and lists the kinds in their order", () => {
    const local = driver("local");
    const redis = driver("redis");
    const registry = new DriverRegistry([redis, local]);

    expect(registry.get("local")).toBe(local);
    expect(registry.get("redis")).toBe(redis);
    expect(registry.kinds).toEqual(["redis", "local"]);
  });

  test("refuses two drivers of one kind and names it", () => {
    expect(() => new DriverRegistry([driver("a"), driver("b"), driver("a")])).toThrow(
      expect.objectContaining({ code: "DUPLICATE_DRIVER", details: { driver: "a" } }),
    );
  });

  test("refuses an unknown kind and names the known ones", () => {
    const registry = new DriverRegistry([driver("local"), driver("redis")]);

    expect(() => registry.get("constructor")).toThrow(
      expect.objectContaining({
        code: "UNKNOWN_DESCRIPTOR_KIND",
        details: { descriptor: "constructor", known: ["local", "redis"] },
      }),
    );
  });
});
