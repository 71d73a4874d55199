import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPromiseLike, whenSettled } from "../host/maybe-promise.ts";
import type { Runnable, Scheduler } from "../host/scheduler.port.ts";
import { Batch } from "../packet/batch.ts";
import { MemoryQueue } from "./memory-queue.ts";
import type { Delivery } from "./queue.port.ts";
import { QueueDescriptor } from "./queue-descriptor.ts";

/** A scheduler whose steps run when the test says so. */
class ManualScheduler implements Scheduler {
  readonly #steps: Runnable[] = [];

  post(step: Runnable): void {
    this.#steps.push(step);
  }

  yield(): Promise<void> {
    return Promise.resolve();
  }

  runAll(): void {
    for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) step.run();
  }
}

const command = fc.oneof(
  fc.record({
    do: fc.constant("put" as const),
    records: fc.integer({ min: 1, max: 9 }),
    stop: fc.constant(false),
  }),
  fc.record({ do: fc.constant("offer" as const), records: fc.nat(9), stop: fc.boolean() }),
  fc.record({ do: fc.constant("take" as const), max: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant("advance" as const), deliveries: fc.nat(3) }),
  fc.record({ do: fc.constant("rewind" as const) }),
);

describe("a queue in memory", () => {
  it("behaves as a plain list under any sequence of puts, offers, takes, commits and rewinds", () => {
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        (commands, capacity) => {
          const scheduler = new ManualScheduler();
          const queue = new MemoryQueue(new QueueDescriptor({ kind: "local", id: "q", capacity }), scheduler);
          let sent = 0;
          let committed = 0;
          let taken = 0;
          let waiting = false;
          let uncommitted: { readonly position: number; readonly end: number }[] = [];
          const accept = (delivery: Delivery): void => {
            for (const batch of delivery.batches) {
              expect(batch.firstSeq).toBe(taken);
              expect(batch.payloads).toEqual(batch.payloads.map((_, i) => taken + i));
              taken += batch.elements;
            }
            uncommitted.push({ position: delivery.position as number, end: taken });
          };
          const take = (max: number): void => {
            const delivery = queue.take(max);
            if (!isPromiseLike(delivery)) {
              expect(delivery.batches.reduce((n, b) => n + b.payloads.length, 0)).toBeLessThanOrEqual(max);
              accept(delivery);
              return;
            }
            waiting = true;
            whenSettled(
              delivery,
              (late) => {
                waiting = false;
                accept(late);
              },
              () => undefined,
            );
          };
          const next = (records: number, stop: boolean): Batch => {
            const payloads = Array.from({ length: records }, (_, i) => sent + i);
            const signal = stop ? { source: "s", time: 0 } : undefined;
            return new Batch(0, sent, payloads, undefined, undefined, signal);
          };
          for (const step of commands) {
            if (step.do === "put") {
              const batch = next(step.records, step.stop);
              sent += batch.elements;
              queue.put(batch);
            } else if (step.do === "offer") {
              const batch = next(step.records, step.stop);
              if (batch.elements > 0 && queue.offer(batch)) sent += batch.elements;
            } else if (step.do === "take" && !waiting) {
              take(step.max);
            } else if (step.do === "advance") {
              const mark = uncommitted.splice(0, step.deliveries).at(-1);
              if (mark !== undefined) {
                queue.advance(mark.position);
                committed = mark.end;
              }
            } else if (step.do === "rewind" && !waiting) {
              queue.rewind();
              taken = committed;
              uncommitted = [];
            }
            scheduler.runAll();
            expect(queue.size()).toBeLessThanOrEqual(capacity);
            expect(queue.size()).toBeGreaterThanOrEqual(0);
          }
          for (let idle = false; !idle; ) {
            const last = uncommitted.at(-1);
            uncommitted = [];
            if (last !== undefined) queue.advance(last.position);
            scheduler.runAll();
            if (!waiting) take(5);
            scheduler.runAll();
            idle = waiting && uncommitted.length === 0;
          }
          expect(taken).toBe(sent);
          expect(queue.size()).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("answers an offer, a put that fits and a take that finds elements without a promise", () => {
    const queue = new MemoryQueue(
      new QueueDescriptor({ kind: "local", id: "q", capacity: 4 }),
      new ManualScheduler(),
    );

    const put = queue.put(new Batch(0, 0, [1, 2]));
    const offered = queue.offer(new Batch(0, 2, [3]));
    const taken = queue.take(10);

    expect(put).toBeUndefined();
    expect(offered).toBe(true);
    expect(isPromiseLike(taken)).toBe(false);
  });
});
