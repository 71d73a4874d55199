import type { Queue } from "@sage-kernel/core/spi";
import { describe, it } from "vitest";
import { missingServicePromises } from "../contract/missing-promises.ts";
import { simulatedMachine, virtualMachine } from "../machine/virtual-machine.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { TurnScheduler } from "../scheduler/scheduler-subject.ts";
import { describeContract } from "../vitest.ts";
import { wrappedDriver } from "./mapped-queue.ts";
import { serviceTransportContract } from "./service-transport-contract.ts";
import { fakeServiceBinding, serviceTransportBinding } from "./service-transport-subject.ts";

const capabilities = ["virtual", "queueTime"];

describe("between processes", () => {
  describeContract(serviceTransportContract, fakeServiceBinding);
});

describe("within one process", () => {
  describeContract(
    serviceTransportContract,
    serviceTransportBinding(
      () => ({ machine: virtualMachine(new TurnScheduler()), driver: () => new FakeQueueDriver() }),
      { capabilities },
    ),
  );
});

describe.each([1, 2, 3])("within one process, in the order of seed %i", (seed) => {
  describeContract(
    serviceTransportContract,
    serviceTransportBinding(
      () => ({ machine: simulatedMachine(seed), driver: () => new FakeQueueDriver() }),
      { capabilities },
    ),
  );
});

/** The same queue, which can do nothing at once: it answers promises, and refuses every offer. */
function slow(inner: Queue): Queue {
  return {
    descriptor: inner.descriptor,
    offer: () => false,
    async put(batch, signal) {
      await undefined;
      await inner.put(batch, signal);
    },
    async take(max, signal) {
      await undefined;
      return inner.take(max, signal);
    },
    async advance(position) {
      await undefined;
      await inner.advance(position);
    },
    positionAfter: (delivery, elements) => inner.positionAfter(delivery, elements),
    rewind: () => inner.rewind(),
    async size() {
      await undefined;
      return inner.size();
    },
    async close() {
      await undefined;
      await inner.close();
    },
  };
}

describe("on queues that answer later", () => {
  const reason = "such queues do not say at once how full they are, so callers wait for room";
  describeContract(
    serviceTransportContract,
    serviceTransportBinding(
      () => ({
        machine: virtualMachine(new TurnScheduler()),
        driver: () => wrappedDriver(new FakeQueueDriver(), slow),
      }),
      { capabilities, deviations: { "S-13a": reason } },
    ),
  );
});

describe("not promised yet", () => {
  for (const { id, title, reason } of missingServicePromises)
    it.skip(`${id} ${title} [${reason}]`, () => undefined);
});
