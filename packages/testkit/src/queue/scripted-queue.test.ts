import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { describe, expect, it } from "vitest";
import { FakeClock, settle } from "../clock/fake-clock.ts";
import { started } from "../contract/probes.ts";
import { FakeQueue } from "./fake-queue.ts";
import { payloads } from "./queue-probes.ts";
import { faults, type QueueFault, ScriptedQueue } from "./scripted-queue.ts";

const batch = (...records: unknown[]): Batch => new Batch(0, 0, records);

function scripted(...plan: QueueFault[]) {
  const clock = new FakeClock();
  const inner = new FakeQueue(new QueueDescriptor({ kind: "fake", id: "q", capacity: 10 }));
  const queue = new ScriptedQueue(inner, plan, clock);
  return { clock, inner, queue, put: () => inner.puts.flatMap((each) => each.payloads) };
}

describe("a scripted queue", () => {
  it("loses the put that the plan drops, and says that it is done", async () => {
    const { queue, put } = scripted(faults.drop(2));

    for (const n of [1, 2, 3]) await queue.put(batch(n));

    expect(put()).toEqual([1, 3]);
  });

  it("doubles the put that the plan duplicates", async () => {
    const { queue, put } = scripted(faults.duplicate(1));

    await queue.put(batch(1));
    await queue.put(batch(2));

    expect(put()).toEqual([1, 1, 2]);
  });

  it("delays a put by the clock, and those behind it", async () => {
    const { queue, put, clock } = scripted(faults.delay("put", 1, 50));
    const first = started(() => queue.put(batch(1)));
    const second = started(() => queue.put(batch(2)));
    expect(queue.offer(batch(3))).toBe(false);

    await clock.advance(49);
    expect(put()).toEqual([]);
    await clock.advance(1);
    await Promise.all([first, second]);

    expect(put()).toEqual([1, 2]);
    expect(queue.offer(batch(3))).toBe(true);
  });

  it("lets those behind a delayed put go on when that is aborted", async () => {
    const { queue, put } = scripted(faults.delay("put", 1, 50));
    const abort = new AbortController();
    const first = started(() => queue.put(batch(1), abort.signal));
    const second = started(() => queue.put(batch(2)));

    abort.abort(new Error("enough"));

    await expect(first).rejects.toThrow("enough");
    await second;
    expect(put()).toEqual([2]);
  });

  it("delays a take by the clock", async () => {
    const { queue, clock } = scripted(faults.delay("take", 1, 50));
    await queue.put(batch(1));
    let taken: unknown[] = [];
    const take = started(async () => {
      taken = payloads(await queue.take(5));
    });

    await clock.advance(49);
    expect(taken).toEqual([]);
    await clock.advance(1);
    await take;

    expect(taken).toEqual([1]);
  });

  it("lets the nth call of any operation fail, which then does nothing", async () => {
    const error = new Error("no route");
    const { queue, inner } = scripted(
      faults.fail("put", 1, error),
      faults.fail("take", 1, error),
      faults.fail("advance", 1, error),
      faults.fail("rewind", 1, error),
      faults.fail("size", 1, error),
      faults.fail("close", 1, error),
    );

    const calls = [
      () => queue.put(batch(1)),
      () => queue.take(1),
      () => queue.advance(1),
      () => queue.rewind(),
      () => queue.size(),
      () => queue.close(),
    ];
    for (const call of calls) await expect(started<unknown>(call)).rejects.toBe(error);

    expect([inner.puts, inner.takes, inner.commits, inner.closed]).toEqual([[], [], [], false]);
    await queue.put(batch(2));
    expect(await queue.size()).toBe(1);
  });

  it("counts an accepted offer as a put, and refuses the one whose turn has come", async () => {
    const { queue, put } = scripted(faults.drop(2));

    expect(queue.offer(batch(1))).toBe(true);
    expect(queue.offer(batch(2))).toBe(false);
    await queue.put(batch(2));
    expect(queue.offer(batch(3))).toBe(true);
    await settle();

    expect(put()).toEqual([1, 3]);
  });
});
