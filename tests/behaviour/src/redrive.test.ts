import type { Packet } from "@sage-kernel/core";
import { FaultyStores } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { createCause, endsBalanced, failed, idOf } from "./support/failed-job.ts";
import { gate } from "./support/gate.ts";
import { held } from "./support/held-source.ts";
import { capacities, range, simulate } from "./support/simulate.ts";

const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

/** A record with its key and where it was redriven from. */
const shown = ({ payload, partitionKey, headers }: Packet): string =>
  [partitionKey, payload, headers?.["redriven-from"], headers?.trace].join(" ");

describe.each(capacities)("a dead letter that is redriven at capacity %i", (capacity) => {
  it.each([1, 4])(
    "is processed once when the cause is gone, and leaves the list, with concurrency %i",
    (concurrency) =>
      simulate({ capacity }, async (world) => {
        const { cause, end, job, good } = await failed(world, concurrency);
        cause.gone = true;
        await job.deadLetters.redrive(idOf(job, 1));
        expect(job.deadLetters.list().map(({ record }) => record)).toEqual([0, 14]);
        const ledger = await endsBalanced(job, end);

        const expected = range(20).filter((n) => n % 7 !== 0 || n === 7);
        expect(ascending(job.collected(good))).toEqual(expected);
        expect(ledger).toMatchObject({ deadLettered: 3, read: 20 });
      }),
  );

  it("is processed once each when all are redriven", () =>
    simulate({ capacity }, async (world) => {
      const { cause, end, job, good } = await failed(world);
      cause.gone = true;
      const redriven = await job.deadLetters.redriveAll();
      await endsBalanced(job, end);

      expect([redriven, job.deadLetters.size]).toEqual([3, 0]);
      expect(ascending(job.collected(good))).toEqual(range(20));
    }));

  it("is a dead letter again when it fails again, which knows where it comes from", () =>
    simulate({ capacity }, async (world) => {
      const { end, job } = await failed(world);
      await job.deadLetters.redrive("check#0/0:7");
      await world.clock.sleep(10);
      const [again] = job.deadLetters.list().slice(-1);
      expect(again).toMatchObject({ record: 7, headers: { "redriven-from": "check#0/0:7" } });
      await job.deadLetters.redrive(again?.id ?? "");
      await world.clock.sleep(10);
      const [last] = job.deadLetters.list().slice(-1);
      const ledger = await endsBalanced(job, end);

      expect(last?.headers).toEqual({ "redriven-from": again?.id });
      expect(new Set(["check#0/0:7", again?.id, last?.id]).size).toBe(3);
      expect([job.deadLetters.size, ledger.deadLettered]).toEqual([3, 5]);
    }));

  it("keeps its key and its headers, and says what it was", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const end = gate();
      let broken = true;
      const pipeline = env();
      const seen = pipeline
        .fromBatch(held(range(6), end))
        .process<number>(({ payload }, emit) => emit(payload, { headers: { trace: `t${payload}` } }))
        .keyBy((n) => `k${n % 2}`, { name: "key" })
        .process<string>(
          (packet, emit) => {
            if (broken && packet.payload === 4) throw new Error("no");
            emit(shown(packet));
          },
          { name: "show", onError: "deadLetter", parallelism: 2 },
        )
        .collect();
      const job = await pipeline.submit();
      await clock.sleep(10);
      const id = idOf(job);
      broken = false;
      await job.deadLetters.redrive(id);
      await endsBalanced(job, end);

      expect(id).toMatch(/^show#[01]\/\d+:4$/);
      const redriven = job.collected(seen).filter((line) => line.includes("show#"));
      expect(redriven).toEqual([`k0 4 ${id} t4`]);
      expect(job.collected(seen)).toHaveLength(6);
    }));

  it("meets the state of its key in a keyed step", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const cause = createCause();
      const end = gate();
      const pipeline = env();
      const sums = pipeline
        .fromBatch(held(range(10), end))
        .keyBy((n) => n % 3)
        .reduce((sum, n) => sum + cause.check(n), { onError: "deadLetter", parallelism: 3 })
        .collect();
      const job = await pipeline.submit();
      await clock.sleep(10);
      expect(job.deadLetters.list()).toMatchObject([{ record: 7, key: 1 }]); // 0 comes first and is not added
      cause.gone = true;
      await job.deadLetters.redrive(idOf(job));
      await endsBalanced(job, end);

      expect(Math.max(...job.collected(sums))).toBe(0 + 3 + 6 + 9);
      expect(job.collected(sums)).toContain(1 + 4 + 7);
    }));

  it("comes by the input on which it failed", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const cause = createCause();
      const end = gate();
      const pipeline = env();
      const left = pipeline.fromBatch(held([1, 7], end));
      const right = pipeline.fromBatch(held([14, 2], end));
      const seen = left
        .connect(right)
        .coMap(
          { map0: (n) => `left ${cause.check(n)}`, map1: (n) => `right ${cause.check(n)}` },
          { onError: "deadLetter" },
        )
        .collect();
      const job = await pipeline.submit();
      await clock.sleep(10);
      cause.gone = true;
      expect(await job.deadLetters.redriveAll()).toBe(2);
      await endsBalanced(job, end);

      expect([...job.collected(seen)].sort()).toEqual(["left 1", "left 7", "right 14", "right 2"]);
    }));

  it("waits in a paused job, and arrives when that goes on", () =>
    simulate({ capacity }, async (world) => {
      const { cause, end, job, good } = await failed(world);
      await job.pause();
      cause.gone = true;
      const redriven = job.deadLetters.redriveAll();
      await world.clock.sleep(1000);
      expect(job.collected(good)).toHaveLength(17);
      job.resume();
      expect(await redriven).toBe(3);
      await endsBalanced(job, end);

      expect(ascending(job.collected(good))).toEqual(range(20));
    }));

  it("waits for room in the inbox, and is listed until it is in", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const cause = createCause();
      const slow = gate();
      const pipeline = env();
      const good = pipeline
        .fromBatch([7, 1, 2, 3, 4])
        .map(
          async (n) => {
            cause.check(n);
            if (n > 0 && n < 7) await slow.opened;
            return n;
          },
          { name: "slow", onError: "deadLetter", queueCapacity: 2 },
        )
        .collect();
      const job = await pipeline.submit({ maxBatch: 1 });
      await clock.sleep(10);
      cause.gone = true;
      const redriven = job.deadLetters.redrive(idOf(job));
      await clock.sleep(1000);
      expect(job.deadLetters.size).toBe(1);
      expect(job.deadLetters.discard(idOf(job))).toBe(false);
      slow.open();
      await redriven;
      const { ledger } = await job.done;

      expect([job.deadLetters.size, ledger.balanced]).toEqual([0, true]);
      expect(ascending(job.collected(good))).toEqual([1, 2, 3, 4, 7]);
    }));

  it("makes its own room where the store blocks the very task that it goes to", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const cause = createCause();
      const end = gate();
      const sevens = range(30).map((n) => 7 * n);
      const pipeline = env();
      const good = pipeline
        .fromBatch(held(sevens, end))
        .map((n) => cause.check(n), { name: "check", onError: "deadLetter" })
        .collect();
      const settings = { deadLetterCapacity: 2, whenDeadLettersFull: "block", maxBatch: 1 } as const;
      const job = await pipeline.submit(settings);
      await clock.sleep(10);
      expect(job.deadLetters.size).toBe(2);
      cause.gone = true;
      while (job.deadLetters.size > 0) {
        await job.deadLetters.redriveAll();
        await clock.sleep(10);
      }
      await endsBalanced(job, end);

      expect(ascending(job.collected(good))).toEqual(sevens);
    }));

  it("arrives in a task that is being restarted, once", async () => {
    let down = true;
    const stores = new FaultyStores((unit, node) => {
      if (node !== "check#0" || unit.consumed.length === 0 || !down || unit.sequence < 2) return undefined;
      down = false;
      return "crashBefore";
    });
    await simulate({ capacity, stores: stores.adapter }, async ({ env, clock }) => {
      const cause = createCause();
      const [more, end] = [gate(), gate()];
      const pipeline = env();
      const good = pipeline
        .fromBatch(async function* () {
          yield 7;
          await more.opened;
          yield 1;
          await end.opened;
        })
        .map((n) => cause.check(n), { name: "check", onError: "deadLetter" })
        .collect();
      const job = await pipeline.submit({ restart: { kind: "fixedDelay", attempts: 3, delayMs: 100 } });
      await clock.sleep(10);
      more.open();
      await clock.sleep(10);
      const { state } = job.report().tasks.find(({ id }) => id === "check#0") ?? {};
      cause.gone = true;
      const redriven = job.deadLetters.redriveAll();
      await clock.sleep(10);
      const before = job.collected(good).length;
      await clock.sleep(1000);
      expect(await redriven).toBe(1);
      await endsBalanced(job, end);

      expect([state, before, stores.log]).toEqual(["restarting", 0, ["check#0 2 crashBefore"]]);
      expect(ascending(job.collected(good))).toEqual([1, 7]);
    });
  });

  it("is looked for by a join among the records that came before it", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const end = gate();
      let broken = true;
      const pipeline = env();
      const left = pipeline.fromBatch(held([1, 2], end)).keyBy((n) => n);
      const right = pipeline.fromBatch(held([1, 2, 3], end)).keyBy((n) => n);
      const pairs = left
        .join(
          right,
          (a, b) => {
            if (broken && a === 2) throw new Error("no");
            return `${a} ${b}`;
          },
          { onError: "deadLetter" },
        )
        .collect();
      const job = await pipeline.submit();
      await clock.sleep(10);
      broken = false;
      expect(await job.deadLetters.redriveAll()).toBe(1);
      await endsBalanced(job, end);

      expect([...job.collected(pairs)].sort()).toEqual(["1 1", "2 2"]);
    }));
});
