import { type Queue, QueueDescriptor } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { descriptorMutant, driverMutant, handlesMutant } from "./queue-driver-mutant.ts";
import type { QueueDriverSubject } from "./queue-driver-subject.ts";

/** A counter per key, for mutants that tell apart what is the same. */
function countersBy<K>(): (key: K) => number {
  const numbers = new Map<K, number>();
  return (key) => {
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key) as number;
  };
}

/** Minimal wrong drivers, descriptors and handles, each caught by the driver contract. */
export const queueDriverMutants: readonly Mutant<QueueDriverSubject>[] = [
  descriptorMutant("DM-01", "loses its options in JSON", ["D-01"], ({ kind, id, capacity }) => ({
    toJSON: () => ({ kind, id, capacity }),
  })),
  descriptorMutant("DM-02", "keeps its id when it is given another one", ["D-04"], (right) => ({
    withId: () => right,
  })),
  descriptorMutant(
    "DM-03",
    "drops the options when it is given another id",
    ["D-04"],
    ({ kind, capacity }) => ({
      withId: (id) => new QueueDescriptor({ kind, id, capacity }),
    }),
  ),
  descriptorMutant("DM-04", "compares the text of its options", ["D-10"], (right) => ({
    differsIn: (other) =>
      JSON.stringify(right.options) === JSON.stringify(other.options) ? right.differsIn(other) : "options",
  })),
  descriptorMutant("DM-05", "compares the names of its options only", ["D-10", "D-08"], (right) => ({
    differsIn(other) {
      const sameNames = `${Object.keys(right.options).sort()}` === `${Object.keys(other.options).sort()}`;
      return sameNames && right.capacity === other.capacity ? undefined : right.differsIn(other);
    },
  })),
  driverMutant("DM-06", "reads a descriptor as another queue", ["D-01", "D-05"], (right) => ({
    parse(json) {
      const descriptor = right.parse(json);
      return descriptor.withId(`${descriptor.id} (copy)`);
    },
  })),
  driverMutant("DM-07", "refuses fields it does not know", ["D-15"], (right) => ({
    parse(json) {
      const known = ["kind", "id", "capacity", "options"];
      for (const field of Object.keys(json ?? {}))
        if (!known.includes(field)) throw new Error(`unknown field ${field}`);
      return right.parse(json);
    },
  })),
  driverMutant("DM-08", "drops forbidden keys without a word", ["D-15"], (right) => ({
    parse(json) {
      const fields = json as { readonly options?: object } | null;
      const clean = Object.entries(fields?.options ?? {}).filter(
        ([key]) => !["__proto__", "constructor", "prototype"].includes(key),
      );
      return right.parse(
        fields?.options === undefined ? json : { ...fields, options: Object.fromEntries(clean) },
      );
    },
  })),
  driverMutant("DM-09", "opens the queue when a descriptor is made", ["D-07"], (right) => {
    let job: ReturnType<QueueDriverSubject["handles"]> | undefined;
    return {
      handles(drivers) {
        job = right.handles(drivers);
        return job;
      },
      describe(fields) {
        const descriptor = right.describe(fields);
        if (fields.kind === right.kind) void job?.open(descriptor);
        return descriptor;
      },
    };
  }),
  driverMutant("DM-10", "has queues of its own in each process", ["D-11"], () => ({
    driver: () => new FakeQueueDriver(),
  })),
  driverMutant("DM-11", "takes the first of two drivers of one kind", ["D-12"], (right) => ({
    handles: (drivers) =>
      right.handles(
        drivers.filter((driver, i) => drivers.findIndex(({ kind }) => kind === driver.kind) === i),
      ),
  })),
  driverMutant("DM-12", "lets the first driver open unknown kinds", ["D-06"], (right) => ({
    handles(drivers) {
      const job = right.handles(drivers);
      return {
        clear: (descriptor) => job.clear(descriptor),
        close: () => job.close(),
        open: (descriptor) => job.open(right.describe({ ...descriptor.toJSON(), kind: right.kind })),
      };
    },
  })),
  driverMutant("DM-13", "does not say whether it is durable", ["D-14"], (right) => ({
    async driver() {
      const driver = await right.driver();
      const { durable: _, ...capabilities } = driver.capabilities;
      return {
        ...driver,
        kind: driver.kind,
        open: (d) => driver.open(d),
        capabilities: capabilities as never,
      };
    },
  })),
  driverMutant("DM-14", "opens queues under another descriptor", ["D-14"], (right) => ({
    async driver() {
      const driver = await right.driver();
      const { kind, capabilities } = driver;
      return {
        kind,
        capabilities,
        open: (descriptor) => driver.open(descriptor.withId(`${kind}:${descriptor.id}`)),
      };
    },
  })),
  handlesMutant("DM-20", "opens a queue for each use", ["D-02", "D-03", "D-05"], (right) => {
    let uses = 0;
    return { open: (descriptor) => right.open(descriptor.withId(`${descriptor.id} ${uses++}`)) };
  }),
  handlesMutant("DM-21", "opens a queue for each copy of a descriptor", ["D-02", "D-03", "D-05"], (right) => {
    const numberOf = countersBy<QueueDescriptor>();
    return {
      open: (descriptor) => right.open(descriptor.withId(`${descriptor.id} ${numberOf(descriptor)}`)),
    };
  }),
  handlesMutant("DM-22", "opens one queue for all", ["D-02", "D-04"], (right) => {
    let only: ReturnType<typeof right.open> | undefined;
    return {
      open(descriptor) {
        only ??= right.open(descriptor);
        return only;
      },
    };
  }),
  handlesMutant("DM-23", "opens again while it is opening", ["D-17"], (right) => {
    const opening = new Set<string>();
    return {
      async open(descriptor) {
        const again = opening.has(descriptor.id);
        opening.add(descriptor.id);
        try {
          return await right.open(again ? descriptor.withId(`${descriptor.id} again`) : descriptor);
        } finally {
          opening.delete(descriptor.id);
        }
      },
    };
  }),
  handlesMutant("DM-24", "ignores that descriptors of one queue differ", ["D-08"], (right) => {
    const first = new Map<string, QueueDescriptor>();
    return {
      open(descriptor) {
        if (!first.has(descriptor.id)) first.set(descriptor.id, descriptor);
        return right.open(first.get(descriptor.id) as QueueDescriptor);
      },
    };
  }),
  handlesMutant("DM-25", "remembers a queue that was cleared", ["D-09", "D-18"], (right) => ({
    clear: async (descriptor) => (await right.open(descriptor)).close(),
  })),
  handlesMutant("DM-26", "forgets a queue that was cleared and leaves it open", ["D-09"], (right) => {
    let cleared = 0;
    return {
      open: (descriptor) =>
        right.open(cleared === 0 ? descriptor : descriptor.withId(`${descriptor.id} ${cleared}`)),
      clear: async () => void cleared++,
    };
  }),
  handlesMutant("DM-27", "clears every queue when one is cleared", ["D-09"], (right) => ({
    clear: () => right.close(),
  })),
  handlesMutant("DM-28", "remembers a failed opening", ["D-13"], (right) => {
    const openings = new Map<string, Promise<Queue>>();
    return {
      open(descriptor) {
        const known = openings.get(descriptor.id) ?? (async () => right.open(descriptor))();
        openings.set(descriptor.id, known);
        return known;
      },
    };
  }),
  handlesMutant("DM-29", "does not close its queues", ["D-16"], () => ({ close: () => Promise.resolve() })),
  handlesMutant("DM-30", "cannot be closed twice", ["D-16"], (right) => {
    let closed = false;
    return {
      async close() {
        if (closed) throw new Error("closed already");
        closed = true;
        await right.close();
      },
    };
  }),
];
