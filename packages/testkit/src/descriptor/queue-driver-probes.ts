import assert from "node:assert/strict";
import type { Queue, QueueDescriptor, QueueDescriptorJson, QueueDriver } from "@sage-kernel/core/spi";
import { settle } from "../clock/fake-clock.ts";
import { payloads, Sender } from "../queue/queue-probes.ts";
import type { QueueDriverSubject } from "./queue-driver-subject.ts";

/** Descriptors and queues of one job over a driver that counts what is opened through it. */
export interface Workplace {
  /** A descriptor of the driver's kind, by default of capacity 8. */
  named(name: string, fields?: Partial<QueueDescriptorJson>): QueueDescriptor;
  /** The live queue of the job. */
  open(descriptor: QueueDescriptor): Promise<Queue>;
  readonly job: ReturnType<QueueDriverSubject["handles"]>;
  /** Ids of the queues that were opened, in order. */
  readonly opened: readonly string[];
}

/** A job over a fresh driver; `wrap` stands between the driver and the job. */
export async function workplace(
  subject: QueueDriverSubject,
  wrap: (driver: QueueDriver) => QueueDriver = (driver) => driver,
): Promise<Workplace> {
  const inner = wrap(await subject.driver());
  const opened: string[] = [];
  const driver: QueueDriver = {
    kind: inner.kind,
    capabilities: inner.capabilities,
    open(descriptor) {
      opened.push(descriptor.id);
      return inner.open(descriptor);
    },
  };
  const job = subject.handles([driver]);
  return {
    named: (name, fields) =>
      subject.describe({ kind: subject.kind, id: subject.id(name), capacity: 8, ...fields }),
    open: async (descriptor) => job.open(descriptor),
    job,
    opened,
  };
}

/** The same driver, which takes a turn of the event loop to open a queue. */
export function slow(driver: QueueDriver): QueueDriver {
  return {
    kind: driver.kind,
    capabilities: driver.capabilities,
    async open(descriptor) {
      await settle();
      return driver.open(descriptor);
    },
  };
}

/** Fails unless what is put through one comes out of the other. */
export async function assertSame(one: Queue, other: Queue, sender = new Sender()): Promise<void> {
  await one.put(sender.batch("hello"));
  assert.equal(await other.size(), 1, "what was put through one is not seen through the other");
  const delivery = await other.take(1);
  await other.advance(delivery.position);
  assert.deepEqual(payloads(delivery), ["hello"]);
  assert.equal(await one.size(), 0);
}

/** Fails when what is put through one is seen through the other. */
export async function assertDifferent(one: Queue, other: Queue): Promise<void> {
  await one.put(new Sender().batch("hello"));
  assert.equal(await other.size(), 0, "what was put into one is seen in the other");
  assert.equal(await one.size(), 1);
}

/** All orders of some things. */
export function ordersOf<T>(things: readonly T[]): T[][] {
  if (things.length <= 1) return [[...things]];
  return things.flatMap((first, i) =>
    ordersOf([...things.slice(0, i), ...things.slice(i + 1)]).map((rest) => [first, ...rest]),
  );
}

/** A value that has gone through JSON text. */
export const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
