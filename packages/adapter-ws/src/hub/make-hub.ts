import { BatchCodec, CallCodec, type RecordFormat, UnitCodec } from "@sage-kernel/codec";
import type { Clock, QueueDescriptor, Scheduler } from "@sage-kernel/core/spi";
import { jobOf } from "../wire/job-of.ts";
import { fitting } from "./fitting-codec.ts";
import { Hub, type HubScope } from "./hub.ts";
import { HubQueues, type HubQueuesScope } from "./hub-queues.ts";
import { HubStores } from "./hub-stores.ts";
import { callCheck, largestBatch, recordCheck } from "./largest-record.ts";
import type { Operation } from "./operation.ts";
import { queueOperations } from "./queue-operations.ts";
import { HubSeats, type SeatSettings } from "./seat-operations.ts";
import { storeCodecs } from "./store-codecs.ts";
import { commitUnit, storeOperations } from "./store-operations.ts";

/** What a hub is made with. */
export interface HubSettings extends Omit<HubScope, "operations" | "commit"> {
  readonly limits: HubScope["limits"] &
    SeatSettings &
    Pick<HubQueuesScope, "maxQueues"> & {
      /** How records are written that leave the hub. */
      readonly codec: RecordFormat;
    };
  /** Deadlines of calls go by this clock. */
  readonly callClock: Pick<Clock, "monotonic">;
  /** Wakes those who wait for queues in this process. */
  readonly scheduler: Scheduler;
}

/** A hub, with what it keeps. */
export interface MadeHub {
  readonly hub: Hub;
  readonly queues: HubQueues;
  readonly stores: HubStores;
  /** Operations on seats, for those who are in this process. */
  readonly seats: ReadonlyMap<string, Operation>;
}

/** Makes a hub; who listens for connections is somebody else's business. */
export function makeHub({ callClock, scheduler, ...scope }: HubSettings): MadeHub {
  const { limits, clock, secret } = scope;
  const stores: HubStores = new HubStores(secret, (job) => queues.forget(job));
  const mayClose = ({ id, options }: QueueDescriptor, pass: string | undefined): boolean =>
    stores.mayClose(id, pass, options.mode === "call");
  const largestRecord = largestBatch(limits.maxFrameBytes);
  const others = new BatchCodec(limits.codec === "json" ? "msgpack" : "json");
  const records = fitting(new BatchCodec(limits.codec), others, largestRecord);
  const calls = fitting(new CallCodec(callClock, records), new CallCodec(callClock, others), largestRecord);
  const checkRecords = recordCheck((batch) => records.encode(batch), largestRecord);
  const queues: HubQueues = new HubQueues({
    scheduler,
    mayClose: (descriptor) => mayClose(descriptor, stores.passes.get(jobOf(descriptor.id))),
    checkCalls: callCheck((batch) => calls.encode(batch), largestRecord),
    maxQueues: limits.maxQueues,
    goesOn: (job) => stores.find(job) !== undefined,
  });
  const units = new UnitCodec(records);
  const storeScope = { ...storeCodecs(records), stores, queues, units, largestRecord, checkRecords };
  const seats = new HubSeats(limits, clock).operations;
  const hub = new Hub({
    ...scope,
    operations: new Map([
      ...[...seats, ...storeOperations(storeScope)],
      ...queueOperations({ ...limits, queues, records, calls, clock, mayClose }),
    ]),
    commit: (unit, event) => commitUnit(storeScope, unit, event),
  });
  return { hub, queues, stores, seats };
}
