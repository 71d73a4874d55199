import { describe, expect, it } from "vitest";
import { range, rejection, simulate } from "./support/simulate.ts";

describe("an environment with a log of its own", () => {
  it("opens it with its options for each job, and logs there alone", () =>
    simulate({}, async ({ runtime, finish, logs, logger }) => {
      const options = { folder: "logs/orders", level: "warn", fileLevel: "debug" } as const;
      const env = runtime.environment("orders", { log: options });
      env.fromBatch(() => [1]).run();

      await finish(env);
      await finish(env);

      expect(logs.opened.map((log) => log.options)).toEqual([options, options]);
      for (const log of logs.opened) {
        expect(log.logger.lines.map(({ message }) => message)).toContain(
          "Job completed after 0 ms, 1 records read",
        );
      }
      expect(logger.lines).toEqual([]);
    }));

  it("has no line per record at level info", () =>
    simulate({ capacity: 8 }, async ({ runtime, finish, logs }) => {
      const lines = async (records: number): Promise<number> => {
        const env = runtime.environment("orders", { log: {} });
        env
          .fromBatch(range(records))
          .keyBy((n) => n % 3)
          .map((n) => n, { parallelism: 2 })
          .run();
        await finish(env);
        const log = logs.opened.at(-1)?.logger.lines ?? [];
        return log.filter(({ level }) => level !== "debug").length;
      };

      expect(await lines(1000)).toBe(await lines(1));
    }));

  it("has one line for each failed record, with its task, position and cause, however often it was tried", () =>
    simulate({}, async ({ runtime, finish, logs }) => {
      const cause = new Error("odd");
      const env = runtime.environment("orders", { log: {} });
      env
        .fromBatch(range(6))
        .map(
          (n) => {
            if (n % 2 === 1) throw cause;
            return n;
          },
          { name: "check", onError: { retry: 3, onExhausted: "deadLetter" } },
        )
        .run();

      const { job } = await finish(env);

      const lines = logs.opened[0]?.logger.lines.filter(({ fields }) => fields.error !== undefined);
      expect(lines?.map(({ level, message, fields }) => ({ level, message, ...fields }))).toMatchObject(
        [1, 3, 5].map((n) => ({
          level: "warn",
          message: `Record 0:${n} failed: Error: odd`,
          job: job.id,
          task: "check#0",
          position: `0:${n}`,
          attempt: 3,
          error: cause,
        })),
      );
    }));

  it("is closed when the job has ended, however it ended", () =>
    simulate({}, async ({ runtime, clock, logs }) => {
      const open = async (record: number, step: (n: number) => unknown): Promise<boolean[]> => {
        const env = runtime.environment("orders", { log: {} });
        env.fromBatch([record]).sink(step);
        const job = await env.submit();
        const before = logs.opened.at(-1)?.closed;
        if (record === 3) await job.stop({ drain: false });
        await job.done.catch(() => undefined);
        return [before, logs.opened.at(-1)?.closed].map(Boolean);
      };

      expect(await open(1, () => clock.sleep(10))).toEqual([false, true]);
      expect(await open(2, () => clock.sleep(10).then(() => Promise.reject(new Error("no"))))).toEqual([
        false,
        true,
      ]);
      expect(await open(3, () => clock.sleep(10))).toEqual([false, true]);
      const failed = logs.opened[1]?.logger.lines.filter(({ level }) => level === "error");
      expect(failed?.map(({ message }) => message)).toEqual([
        expect.stringContaining(
          'Job failed: SageError: Task "sink-2#0" failed in execute at record 0:0: Error: no',
        ),
      ]);
    }));

  it("says why a submit failed, and is closed", () =>
    simulate({}, async ({ runtime, logs }) => {
      const cause = new Error("no connection");
      const env = runtime.environment("orders", { log: {} });
      env.fromBatch([1]).sink({
        create: () => ({
          open: () => Promise.reject(cause),
          execute: () => undefined,
        }),
      });

      const error = await rejection(env.submit());

      expect(logs.opened).toHaveLength(1);
      expect(logs.opened[0]?.closed).toBe(true);
      expect(logs.opened[0]?.logger.lines.filter(({ level }) => level === "error")).toMatchObject([
        { message: `Submitting failed: SageError: ${error.message}`, fields: { error } },
      ]);
    }));

  it("gives ctx.log of each task the names of its job and task", () =>
    simulate({}, async ({ runtime, finish, logs }) => {
      const env = runtime.environment("orders", { log: {} });
      env
        .fromBatch([1, 2])
        .map((n, ctx) => ctx.log.info(`saw ${n}`), { name: "look", parallelism: 2 })
        .run();

      const { job } = await finish(env);

      const lines = logs.opened[0]?.logger.lines.filter(({ message }) => message.startsWith("saw"));
      expect(lines?.map(({ message, fields }) => [message, fields.job, fields.task]).sort()).toEqual([
        ["saw 1", job.id, "look#0"],
        ["saw 2", job.id, "look#1"],
      ]);
    }));
});
