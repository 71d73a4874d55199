import type { DataStream, Environment } from "@sage-kernel/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { answers, FakeService } from "../service/fake-service.ts";
import { TestInput } from "./test-input.ts";
import { TestPipeline } from "./test-pipeline.ts";

interface Order {
  readonly item: string;
  readonly cents: number;
}

const tea: Order = { item: "tea", cents: 250 };
const milk: Order = { item: "milk", cents: 120 };

/** What users would have: declares its steps on a stream that it is given. */
function totals(orders: DataStream<Order>): DataStream<number> {
  return orders
    .keyBy(({ item }) => item, { name: "byItem" })
    .map(({ cents }, { state }) => state.value<number>("total").update((before = 0) => before + cents), {
      name: "total",
      onError: { retry: { attempts: 3, initialMs: 100 }, onExhausted: "deadLetter" },
    });
}

const setUp = (options: Parameters<typeof TestPipeline.start>[1] = {}) => {
  const orders = new TestInput<Order>("orders");
  const start = () => TestPipeline.start((env) => ({ totals: totals(orders.in(env)) }), options);
  return { orders, start };
};

describe("a pipeline in a test", () => {
  it("is fed by hand, and has done all that follows when the test goes on", async () => {
    const { orders, start } = setUp();
    const pipeline = await start();
    expectTypeOf(pipeline.output.totals).toEqualTypeOf<readonly number[]>();

    await pipeline.feed(orders, tea, milk);
    expect(pipeline.output.totals.toSorted((a, b) => a - b)).toEqual([120, 250]);
    await pipeline.feed(orders, tea);
    expect(pipeline.output.totals[2]).toBe(500);

    const report = await pipeline.end();
    expect([report.state, report.ledger.balanced]).toEqual(["completed", true]);
    expect(pipeline.output.totals.length).toBe(3);
  });

  it("has its own time, which passes when the test says so", async () => {
    const clicks = new TestInput<string>("clicks");
    const pipeline = await TestPipeline.start((env) => ({
      late: clicks.in(env).map(async (click, ctx) => {
        await ctx.clock.sleep(60_000);
        return `${click} at ${ctx.clock.monotonic()}`;
      }),
    }));

    await pipeline.feed(clicks, "a");
    await pipeline.advance(59_999);
    expect(pipeline.output.late).toEqual([]);
    await pipeline.advance(1);
    expect(pipeline.output.late).toEqual(["a at 60000"]);

    await pipeline.feed(clicks, "b"); // and its end waits for what was fed
    await pipeline.end();
    expect(pipeline.output.late).toEqual(["a at 60000", "b at 120000"]);
  });

  it("fails on a record that the test names, and its policy decides what becomes of it", async () => {
    const { orders, start } = setUp({
      crashes: [
        { step: "total", record: 2 },
        { step: "total", record: 3, times: 3, error: new Error("the disk is full") },
      ],
    });
    const pipeline = await start();

    await pipeline.feed(orders, tea, tea, tea, tea);
    expect(pipeline.output.totals).toEqual([250]);
    await pipeline.advance(100);
    expect(pipeline.output.totals).toEqual([250, 500]);
    await pipeline.advance(300);

    expect(pipeline.output.totals).toEqual([250, 500, 750]);
    expect(pipeline.deadLetters).toMatchObject([{ record: tea, reason: "failed", attempt: 3 }]);
    expect(pipeline.deadLetters[0]?.error.message).toBe("the disk is full");
    expect(pipeline.step("total")).toMatchObject({ received: 4, processed: 3, deadLettered: 1, inFlight: 0 });
    await pipeline.end();
  });

  it("says when a planned failure never came, and names the steps when it is asked for one that is not there", async () => {
    const { orders, start } = setUp({ crashes: [{ step: "total", record: 9 }] });
    const pipeline = await start();
    await pipeline.feed(orders, tea);

    expect(() => pipeline.step("sum")).toThrow('there is no step "sum"; the steps are orders, byItem, total');
    await expect(pipeline.end()).rejects.toThrow('"total" was to fail on record 9, which never came');
  });

  it.each([
    [{ step: "typo", record: 1 }, 'there is no step "typo" to fail; the steps are orders, byItem, total'],
    [{ step: "total", record: 1, times: 5 }, "and its policy let it fail 3 times only"],
  ])("says what of a planned failure has not come true: %j", async (crash, said) => {
    const { orders, start } = setUp({ crashes: [crash] });
    const pipeline = await start();
    await pipeline.feed(orders, tea);
    await pipeline.advance(1000);

    await expect(pipeline.end()).rejects.toThrow(said);
  });

  it("refuses what cannot be meant: inputs of others, inputs twice, time that does not pass", async () => {
    const { orders, start } = setUp();
    const pipeline = await start();
    const other = new TestInput<Order>("other");

    await expect(pipeline.feed(other, tea)).rejects.toThrow('the input "other" is not part of this pipeline');
    await expect(pipeline.close(other)).rejects.toThrow("declare it with in(env)");
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      await expect(pipeline.advance(ms)).rejects.toThrow(`time cannot pass by ${ms} ms`);
    await expect(start()).rejects.toThrow('the input "orders" is declared already');
    await pipeline.feed(orders, tea);
    expect(pipeline.output.totals).toEqual([250]);
    await pipeline.end();
  });

  it("ends also while it is paused, and with sources of its own when they have ended", async () => {
    const { orders, start } = setUp();
    const paused = await start();
    await paused.until(() => paused.job.pause());
    await paused.feed(orders, tea);
    expect(paused.output.totals).toEqual([]);
    await paused.end();
    expect(paused.output.totals).toEqual([250]);

    const numbers = Array.from({ length: 50 }, (_, n) => n);
    const slow = await TestPipeline.start((env) => ({
      out: env.fromBatch(numbers).map((n, { clock }) => clock.sleep(1000).then(() => n)),
    }));
    await slow.finish();
    expect(slow.output.out).toEqual(numbers);
  });

  it("restarts a task whose commits go wrong, with the state that was committed", async () => {
    const { orders, start } = setUp({
      submit: { restart: { kind: "fixedDelay", attempts: 9, delayMs: 1000 } },
      faults: [{ kind: "crashBefore", nth: 6 }],
    });
    const pipeline = await start();
    for (let n = 0; n < 4; n++) await pipeline.feed(orders, tea);
    await pipeline.advance(1000);

    expect(pipeline.output.totals).toEqual([250, 500, 750, 1000]);
    const restarts = pipeline.job.report().tasks.map((task) => task.restarts);
    expect(restarts.reduce((a, b) => a + b)).toBe(1);
    await pipeline.end();
  });

  it("calls services that stand in for others, and those of which it knows the names alone", async () => {
    const rates = new FakeService().on(
      "process",
      2,
      answers.error(new Error("closed")),
      answers.after(500, 3),
    );
    const names = new FakeService().on("process", "Ada");
    const ids = new TestInput<number>("ids");
    const build = (env: Environment) => {
      const real = env.registerService("rates", () => ({
        process: (_: number): number => {
          throw new Error("a test must not come here");
        },
      }));
      const rated = ids
        .in(env)
        .map(async (n, ctx) => n * (await ctx.callService(real, n)), { onError: "skip" });
      const named = rated.map((n, ctx) =>
        ctx.callService({ service: "names", method: "process", args: [n] }),
      );
      return { rated, named };
    };
    const pipeline = await TestPipeline.start(build, { services: { rates, names } });

    await pipeline.feed(ids, 1, 10, 100);
    await pipeline.advance(500);

    expect(pipeline.output.rated).toEqual([2, 300]);
    expect(pipeline.output.named).toEqual(["Ada", "Ada"]);
    expect(rates.calls.map(({ args }) => args)).toEqual([[1], [10], [100]]);
    await pipeline.end();
  });

  it("answers calls, where it is a service itself", async () => {
    const pipeline = await TestPipeline.start((env) => {
      const requests = env.fromRequests<number, number>("double");
      requests.map((n) => 2 * n).reply(requests);
      return {};
    });

    const answer = pipeline.until(() => pipeline.world.runtime.callService("double", 21));
    expect(await answer).toBe(42);
    await pipeline.end();
  });

  it("fails with the pipeline, and with what cannot be built", async () => {
    const { orders, start } = setUp();
    const numbers = new TestInput<number>("numbers");
    const failing = await TestPipeline.start((env) => ({
      out: numbers.in(env).map((n) => {
        throw new Error(`no ${n}`);
      }),
    }));
    await failing.feed(numbers, 7);
    await expect(failing.end()).rejects.toMatchObject({ cause: { message: "no 7" } });

    await expect(TestPipeline.start((env) => ({ out: env.fromBatch(3 as never) }))).rejects.toThrow();
    const pipeline = await start();
    await pipeline.end();
    expect(() => orders.push(tea)).toThrow('the input "orders" has ended');
    await expect(pipeline.end()).rejects.toThrow("has ended already");
  });

  it("can be given up in the middle", async () => {
    const { orders, start } = setUp({ crashes: [{ step: "total", record: 9 }] });
    const pipeline = await start();
    await pipeline.feed(orders, tea);

    expect((await pipeline.cancel()).state).toBe("cancelled");
  });
});
