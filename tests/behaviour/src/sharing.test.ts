import { describe, expect, it } from "vitest";
import { capacities, range, simulate } from "./support/simulate.ts";

describe.each(capacities)("the receivers of one stream at capacity %i", (capacity) => {
  it.each([
    [false, 3],
    [true, 1],
  ])("with shared(): %s see %i different objects", (shared, objects) =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const source = pipeline.fromBatch([{ n: 1 }]);
      const stream = shared ? source.shared() : source;
      const collected = range(3).map(() => stream.collect());

      const { job } = await finish(pipeline);

      const records = collected.map((handle) => job.collected(handle)[0]);
      expect(records).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }]);
      expect(new Set(records).size).toBe(objects);
    }),
  );

  it("share with shared() also what a broadcast or a partitioner sends to several instances", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) => {
        const shared = env.fromBatch([{ n: 1 }]).shared();
        const everywhere = shared.map((record) => record, { parallelism: 3, partitioner: "broadcast" });
        return everywhere.union(
          shared.map((record) => record, { parallelism: 2, partitioner: () => [0, 1] }),
        );
      });

      expect(records).toHaveLength(5);
      expect(new Set(records).size).toBe(1);
    }));

  it.each(["before", "after"])("that are declared %s those behind shared() still get a copy", (place) =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const source = pipeline.fromBatch([{ n: 1 }]);
      const change = () => source.map((record) => Object.assign(record, { n: 2 })).collect();
      const early = place === "before" ? change() : undefined;
      const reading = [source.shared().collect(), source.shared().collect()];
      const changing = early ?? change();

      const { job } = await finish(pipeline);

      expect(reading.map((handle) => job.collected(handle)[0]?.n)).toEqual([1, 1]);
      expect(job.collected(changing)).toEqual([{ n: 2 }]);
    }),
  );
});

describe("print", () => {
  it("writes each record to standard output behind its label, and hands the stream on", () =>
    simulate({}, async ({ env, finish, printer }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch([{ n: 1 }, null])
        .print("records")
        .print()
        .collect();

      const { job } = await finish(pipeline);

      expect(job.collected(collected)).toEqual([{ n: 1 }, null]);
      for (const label of ["records", ""]) {
        const own = printer.lines.filter((line) => line.label === label);
        expect(own.map((line) => line.record)).toEqual([{ n: 1 }, null]);
      }
      expect(printer.lines).toHaveLength(4);
    }));
});
