import { describe, expect, test } from "vitest";
import { MemoryMetrics } from "./memory-metrics.ts";

describe("MemoryMetrics", () => {
  test("adds up a counter, by one when nothing is said", () => {
    const metrics = new MemoryMetrics();

    metrics.counter("orders").add();
    metrics.counter("orders").add(4);

    expect(metrics.snapshot()).toEqual({ orders: 5 });
  });

  test("keeps the last value of a gauge", () => {
    const metrics = new MemoryMetrics();

    metrics.gauge("depth").set(9);
    metrics.gauge("depth").set(2);

    expect(metrics.snapshot()).toEqual({ depth: 2 });
  });

  test("gives the same series for the same labels in any order", () => {
    const metrics = new MemoryMetrics();

    metrics.counter("n", { a: "1", b: "2" }).add();
    metrics.counter("n", { b: "2", a: "1" }).add();

    expect(metrics.snapshot()).toEqual({ 'n{a="1",b="2"}': 2 });
  });

  test("keeps series with other labels apart", () => {
    const metrics = new MemoryMetrics();

    metrics.counter("n").add(1);
    metrics.counter("n", { a: "1" }).add(2);
    metrics.counter("n", { a: "2" }).add(3);

    expect(metrics.snapshot()).toEqual({ n: 1, 'n{a="1"}': 2, 'n{a="2"}': 3 });
  });

  test("keeps series apart whose label values contain separators", () => {
    const metrics = new MemoryMetrics();

    metrics.counter("n", { a: "1,b=2" }).add(1);
    metrics.counter("n", { a: "1", b: "2" }).add(1);

    expect(Object.values(metrics.snapshot())).toEqual([1, 1]);
  });

  test("is not seen by another instance", () => {
    const metrics = new MemoryMetrics();
    metrics.counter("n").add();

    expect(new MemoryMetrics().snapshot()).toEqual({});
  });
});
