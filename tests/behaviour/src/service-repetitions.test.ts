import type { CallContext } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { range, rejection, simulate, type World } from "./support/simulate.ts";

/** A service that answers how often it has run, after 10 ms; it fails the first time if it is told so. */
async function serve(world: World, { fails = false, instances = 1 } = {}) {
  const env = world.env();
  let runs = 0;
  const ref = env.registerService(
    "v",
    () => ({
      async process(_: string, { clock }: CallContext): Promise<number> {
        const run = ++runs;
        await clock.sleep(10);
        if (fails && run === 1) throw new Error("down");
        return run;
      },
    }),
    { instances },
  );
  const job = await env.submit();
  const call = (arg: string, idempotencyKey: string): Promise<number> =>
    world.runtime.callService({ service: ref, method: "process", args: [arg], idempotencyKey });
  return { job, call, runs: () => runs };
}

describe("a call with an idempotency key", () => {
  it.each([1, 3])("runs once, however often it is repeated: %i instances", (instances) =>
    simulate({}, async (world) => {
      const { job, call, runs } = await serve(world, { instances });

      const together = await Promise.all(range(5).map(() => call("a", "k")));
      const later = await call("a", "k");
      const other = await call("a", "other");
      const { services } = await job.stop();

      expect([together, later, other, runs()]).toEqual([[1, 1, 1, 1, 1], 1, 2, 2]);
      expect(services.reduce((sum, { methods }) => sum + (methods.process?.calls ?? 0), 0)).toBe(2);
    }),
  );

  it("that has failed fails for those who have joined it, and runs again behind that", () =>
    simulate({}, async (world) => {
      const { job, call, runs } = await serve(world, { fails: true });

      const ends = await Promise.allSettled([call("a", "k"), call("a", "k")]);
      const again = await call("a", "k");
      await job.stop();

      expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      expect([again, runs()]).toEqual([2, 2]);
    }));

  it("is refused when the key belongs to a call with other arguments", () =>
    simulate({}, async (world) => {
      const { job, call, runs } = await serve(world);

      const [first, second] = await Promise.allSettled([call("a", "k"), call("b", "k")]);
      await job.stop();

      expect(first).toMatchObject({ value: 1 });
      expect(second).toMatchObject({ reason: { code: "IDEMPOTENCY_CONFLICT", details: { key: "k" } } });
      expect(runs()).toBe(1);
    }));

  it("runs again when its result is older than ten minutes", () =>
    simulate({}, async (world) => {
      const { job, call } = await serve(world);

      const first = await call("a", "k");
      await world.clock.sleep(599_000);
      const kept = await call("a", "k");
      await world.clock.sleep(2000);
      const again = await call("a", "k");
      await job.stop();

      expect([first, kept, again]).toEqual([1, 1, 2]);
    }));

  it("is refused at once with arguments that are no data", () =>
    simulate({}, async (world) => {
      const { job, call, runs } = await serve(world);

      const error = await rejection(call((() => 1) as never, "k"));
      await job.stop();

      expect([error, runs()]).toMatchObject([{ code: "NOT_SERIALIZABLE" }, 0]);
    }));
});
