import { describe, expect, it } from "vitest";
import { gate } from "./support/gate.ts";
import { range, simulate } from "./support/simulate.ts";

describe("job.metrics()", () => {
  it("has for each task what it counted, what it waits for and how full its inbox is", () =>
    simulate({ capacity: 4 }, async ({ env, clock }) => {
      const blocked = gate();
      const pipeline = env();
      pipeline
        .fromBatch(range(100), { name: "source" })
        .map((n) => n, { name: "map" })
        .sink(() => blocked.opened, { name: "sink" });
      const job = await pipeline.submit();
      await clock.sleep(70);

      const { state, tasks, process } = job.metrics();

      expect(state).toBe("running");
      expect(process).toBeNull();
      expect(tasks.map(({ id, step }) => [id, step])).toEqual([
        ["source#0", "source"],
        ["map#0", "map"],
        ["sink#0", "sink"],
      ]);
      const [source, , sink] = tasks;
      expect(source?.queue).toBeNull();
      expect(source?.waitsFor).toBe("room in map#0 (its queue holds 4 of 4 records) for 70 ms");
      expect(sink).toMatchObject({ processed: 0, queue: { size: 4, capacity: 4, load: 1 } });
      expect(JSON.parse(JSON.stringify(job.metrics()))).toEqual(job.metrics());
      blocked.open();
      await job.done;
      expect(job.metrics().tasks.map((task) => [task.received, task.processed, task.waitsFor])).toEqual(
        range(3).map(() => [100, 100, null]),
      );
    }));

  it("has how long records take, how long a task waited for room, and the errors of its attempts by name", () =>
    simulate({ capacity: 2 }, async ({ env, finish, clock }) => {
      const pipeline = env();
      pipeline
        .fromBatch(range(10), { name: "source" })
        .map(
          (n) => {
            if (n === 3) throw new RangeError("three");
            if (n === 4) throw Object.assign(new Error("four"), { code: "E_FOUR" });
            return n;
          },
          { name: "check", onError: { retry: { attempts: 2, initialMs: 1 }, onExhausted: "skip" } },
        )
        .sink(() => clock.sleep(20), { name: "slow" });

      const { job } = await finish(pipeline);

      const [source, check, slow] = job.metrics().tasks;
      expect(check?.errors).toEqual({ RangeError: 2, E_FOUR: 2 });
      expect(check?.skipped).toBe(2);
      expect(source?.blockedMs).toBeGreaterThan(0);
      expect(slow?.busyMs).toBeGreaterThan(0);
      expect(slow?.latencyMs.p50).toBeGreaterThan(0);
    }));
});

describe("job.routing()", () => {
  it("has every channel with its strategy, what went over it and how full its end is", () =>
    simulate({}, async ({ env, finish }) => {
      const pipeline = env();
      const failing = pipeline
        .fromBatch(range(8), { name: "source" })
        .filter((n) => n > 1 || Promise.reject(new Error("small")), { name: "big", onError: "deadLetter" });
      failing.run({ name: "end", parallelism: 2 });
      failing.deadLetters().run({ name: "graves" });

      const { job } = await finish(pipeline);

      expect(job.routing().map(({ channel, load, ...route }) => route)).toEqual([
        route("source#0", "big#0", "round-robin", "records", 8),
        route("big#0", "end#0", "round-robin", "records", 3),
        route("big#0", "end#1", "round-robin", "records", 3),
        route("big#0", "graves#0", "round-robin", "deadLetters", 2),
      ]);
      expect(job.routing().map(({ load }) => load)).toEqual([0, 0, 0, 0]);
    }));
});

describe("job.graph()", () => {
  it("as mermaid shows steps, instances, strategies, dead letters and ways back", () =>
    simulate({}, async ({ env, finish }) => {
      const pipeline = env();
      const back = pipeline.fromFuture<number>("again");
      const all = pipeline.fromBatch([1], { name: "source" }).union(back);
      const checked = all.map((n) => n + 1, { name: "check", parallelism: 2, onError: "deadLetter" });
      checked.filter((n) => n < 4, { name: "small" }).fill(back);
      checked.keyBy((n) => n, { name: "key" }).sink(() => undefined, { name: "out", parallelism: 3 });
      checked.deadLetters().collect({ name: "graves" });

      const { job } = await finish(pipeline);

      expect(job.graph("mermaid")).toBe(
        [
          "flowchart LR",
          '  s0(["source"])',
          '  s1["check × 2"]',
          '  s2["small"]',
          '  s3["key"]',
          '  s4[["out × 3"]]',
          '  s5[["graves"]]',
          "  s0 -->|round-robin| s1",
          "  s2 -.->|again| s1",
          "  s1 --> s2",
          "  s1 --> s3",
          "  s3 -->|hash| s4",
          "  s1 -.->|dead letters| s5",
        ].join("\n"),
      );
      expect(job.graph()).toEqual(pipeline.compile().graph);
    }));
});

describe("reportIntervalMs", () => {
  it("samples the process and reports each running job at level info, and stops with the last job", () =>
    simulate({ core: { reportIntervalMs: 100 } }, async ({ env, clock, logger, process }) => {
      const pipeline = env();
      const stuck = gate();
      pipeline.fromBatch([1]).sink(() => stuck.opened);
      const before = process.running;
      const job = await pipeline.submit();
      process.set({ cpuShare: 0.5 });
      await clock.sleep(250);
      const during = process.running;
      const reports = logger.lines.filter(({ fields }) => fields.metrics !== undefined);
      stuck.open();
      await job.done;
      await clock.sleep(1000);

      expect([before, during, process.running]).toEqual([false, true, false]);
      expect(reports).toHaveLength(2);
      expect(reports[0]).toMatchObject({
        level: "info",
        message: "Job running: 1 records read, 1 under way",
        fields: { job: job.id, metrics: { state: "running", process: { cpuShare: 0.5 } } },
      });
      expect(job.metrics().process?.cpuShare).toBe(0.5);
      expect(logger.lines.filter(({ fields }) => fields.metrics !== undefined)).toEqual(reports);
    }));

  it("left out reports nothing and measures nothing", () =>
    simulate({}, async ({ env, clock, logger, process }) => {
      const pipeline = env();
      pipeline.fromBatch([1]).sink(() => clock.sleep(10_000));
      const job = await pipeline.submit();
      await clock.sleep(5000);

      expect(process.running).toBe(false);
      expect(logger.lines.filter(({ fields }) => fields.metrics !== undefined)).toEqual([]);
      await job.done;
    }));
});

function route(from: string, to: string, strategy: string, output: string, records: number) {
  return { from, to, inputIndex: 0, strategy, output, sent: records, received: records };
}
