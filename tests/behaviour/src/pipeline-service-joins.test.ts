import { endOfSource } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { rejection, simulate, timed } from "./support/simulate.ts";

interface Price {
  readonly item: string;
  readonly price: number;
}

describe("a request in a join", () => {
  it.each([
    ["after its partner", 0],
    ["before its partner", 100],
  ])("is answered when it comes %s", (_, at) =>
    simulate({}, async (world) => {
      const env = world.env();
      const prices = env
        .fromBatch(() =>
          timed(world, [
            [at, { item: "tea", price: 3 }],
            [1000, { item: "jam", price: 4 }],
          ]),
        )
        .keyBy(({ item }: Price) => item);
      const requests = env.fromRequests<{ item: string; count: number }, number>("quote");
      requests
        .keyBy(({ item }) => item)
        .join(prices, ({ count }, { price }) => count * price, { parallelism: 2 })
        .filter((total) => total < 100)
        .reply(requests);
      const job = await env.submit();
      await world.clock.sleep(10);
      const ask = (count: number) => world.runtime.callService(requests.service, { item: "tea", count });

      const [few, two, many] = await Promise.allSettled([ask(1), ask(2), ask(50)]);

      expect(few).toMatchObject({ value: 3 });
      expect(two).toMatchObject({ value: 6 });
      expect(many).toMatchObject({ reason: { code: "SERVICE_NO_REPLY", details: { why: "filtered" } } });
      expect(world.clock.monotonic()).toBe(Math.max(10, at));
      await job.stop();
      expect((await job.done).ledger.balanced).toBe(true);
    }),
  );

  it("meets itself where its branches come together, and is rejected when what they come to is dropped", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, string>("both");
      const slow = requests.map(async (n, ctx) => {
        await ctx.clock.sleep(10);
        return { n, slow: n * 2 };
      });
      const fast = requests.map((n) => ({ n, fast: n * 3 }));
      slow
        .keyBy(({ n }) => n)
        .join(
          fast.keyBy(({ n }) => n),
          (a, b) => ({ ...a, ...b }),
        )
        .filter(({ n }) => n !== 2, { parallelism: 2 })
        .map((all) => JSON.stringify(all))
        .reply(requests);
      const job = await env.submit();

      const [one, two] = await Promise.allSettled(
        [1, 2].map((n) => world.runtime.callService(requests.service, n)),
      );

      expect(one).toMatchObject({ value: '{"n":1,"slow":2,"fast":3}' });
      expect(two).toMatchObject({ reason: { code: "SERVICE_NO_REPLY" } });
      expect(world.clock.monotonic()).toBe(20);
      await job.stop();
    }));

  it("is rejected at once when there is nobody left to meet", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("late");
      const nobody = env.fromSource(() => endOfSource as never as number);
      requests
        .keyBy((n) => n)
        .join(
          nobody.keyBy((n) => n),
          (n) => n,
          { name: "meet" },
        )
        .reply(requests);
      const job = await env.submit();
      await world.clock.sleep(10);

      const error = await rejection(world.runtime.callService(requests.service, 1));

      expect(error).toMatchObject({ code: "SERVICE_NO_REPLY", details: { node: "meet#0" } });
      expect(world.clock.monotonic()).toBe(10);
      await job.stop();
    }));
});

describe("a request that waits in the state of a step", () => {
  it("is answered with what is emitted with its headers, and told when nothing was kept", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, string>("pairs");
      requests
        .keyBy((n) => n % 10)
        .process<string>(({ payload, headers }, emit, ctx) => {
          if (payload < 0) return;
          const first = ctx.state.value<{ readonly n: number; readonly headers: object }>("first");
          const other = first.get();
          if (other === undefined) first.set({ n: payload, headers: { ...headers } });
          else {
            first.delete();
            const both = `${other.n} and ${payload}`;
            emit(both);
            emit(both, { headers: other.headers as Record<string, string> });
          }
        })
        .reply(requests);
      const job = await env.submit();
      const ask = (n: number) => world.runtime.callService(requests.service, n);

      const ends = await Promise.allSettled([ask(1), ask(11), ask(-1)]);

      expect(ends).toMatchObject([
        { value: "1 and 11" },
        { value: "1 and 11" },
        { reason: { code: "SERVICE_NO_REPLY" } },
      ]);
      await job.stop();
    }));
});
