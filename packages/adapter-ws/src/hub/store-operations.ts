import { readLetter, type UnitCodec, writeProgress } from "@sage-kernel/codec";
import { type JsonValue, SageError } from "@sage-kernel/core";
import {
  Batch,
  decodeKey,
  isPromiseLike,
  type JobShape,
  type Queue,
  type StateKey,
} from "@sage-kernel/core/spi";
import * as z from "zod";
import { hubPositions } from "../wire/hub-position.ts";
import { WireFault } from "../wire/wire-fault.ts";
import type { HubRequest } from "./hub-client-ref.ts";
import type { HubQueues } from "./hub-queues.ts";
import type { HubStores } from "./hub-stores.ts";
import type { RecordCheck } from "./largest-record.ts";
import { type Operation, operation } from "./operation.ts";
import type { StoreCodecs } from "./store-codecs.ts";
import { tellLetters, tellRecords, tellTables } from "./store-events.ts";
import { TablePieces, type Tables } from "./table-pieces.ts";

/** What operations on stores work with. */
export interface StoreOperationsScope extends StoreCodecs {
  readonly stores: HubStores;
  readonly queues: HubQueues;
  readonly units: UnitCodec;
  /** Bytes of the largest record that a reader can be sent. */
  readonly largestRecord: number;
  /** Checks that no record is larger. */
  readonly checkRecords: RecordCheck;
}

const name = z.string().max(100_000);
const own = { job: name, pass: name };
const task = { ...own, node: name };
const tables = z.array(z.tuple([z.string(), z.array(z.tuple([z.string(), z.string()]))]));
const schemas = {
  begin: z.strictObject({ ...own, shape: z.record(z.string(), z.unknown()) }),
  task: z.strictObject(task),
  restoring: z.strictObject({ ...task, before: z.int().min(0), tables }),
  restore: z.strictObject({ ...task, before: z.int().min(0).default(0), progress: z.string(), tables }),
  job: z.strictObject(own),
  putBefore: z.strictObject({
    ...own,
    tasks: z.array(name),
    queue: name,
    batch: z.string(),
    letter: z.string(),
  }),
  discard: z.strictObject({ ...own, letter: z.string() }),
  report: z.strictObject({ job: name, report: z.unknown() }),
  reportOf: z.strictObject({ job: name }),
} as const;

/** What processes may ask for about what tasks commit: they take part in the work, so they are workers. */
export function storeOperations(scope: StoreOperationsScope): ReadonlyMap<string, Operation> {
  const { stores, queues } = scope;
  const done = (_: unknown): undefined => undefined;
  const pieces = new TablePieces();
  const cellsOf = (written: z.output<typeof tables>): Tables => {
    const read = ([key, cell]: readonly [string, string]): [StateKey, unknown] => [
      decodeKey(JSON.parse(key) as JsonValue),
      scope.readCell(cell),
    ];
    return new Map(written.map(([table, cells]) => [table, cells.map(read)]));
  };
  const entries = {
    begin: operation(schemas.begin, (_, { job, pass, shape }) => {
      return stores.begin(job, pass, shape as unknown as JobShape);
    }),
    open: operation(schemas.task, (_, given, request) => openTask(scope, given, request)),
    progress: operation(schemas.task, (_, { job, node }) => {
      const progress = stores.find(job)?.progress(node);
      return progress === undefined ? null : writeProgress(progress);
    }),
    contents: operation(schemas.task, (_, { job, node }, { event }) => {
      const record = stores.find(job)?.record(node);
      if (record === undefined) return null;
      tellTables(record, event);
      return writeProgress(record);
    }),
    restoring: operation(schemas.restoring, (_, { job, pass, node, before, tables }) =>
      done(pieces.add(stores.job(job, pass, node), node, before, cellsOf(tables))),
    ),
    restore: operation(schemas.restore, (_, { job, pass, node, before, progress, tables }) => {
      const { position, finished, retired } = scope.readProgress(progress);
      const store = stores.job(job, pass, node);
      const all = pieces.end(store, node, before, cellsOf(tables));
      store.restore(node, { position, finished: finished || retired, tables: all });
      return undefined;
    }),
    collected: operation(schemas.task, (_, { job, node }, { event }) => {
      tellRecords(scope, stores.find(job)?.collected(node) ?? [], event);
      return undefined;
    }),
    letters: operation(schemas.task, (_, { job, node }, { event }) => {
      tellLetters(stores.find(job)?.letters(node) ?? [], event);
      return undefined;
    }),
    putBefore: operation(schemas.putBefore, async (_, { job, pass, tasks, queue, batch, letter }) => {
      const store = stores.job(job, pass);
      const target = queues.find(queue);
      if (target === undefined) throw new SageError("QUEUE_CLOSED", { queue });
      const given = scope.readBatch(batch);
      scope.checkRecords(given);
      if (store.finished(tasks)) return null;
      const first = store.number(queue, given.channel, given.payloads.length);
      const put = target.put(new Batch(given.channel, first, given.payloads, given.keys, given.headers));
      store.discard(readLetter(letter));
      await put;
      return first;
    }),
    discard: operation(schemas.discard, (_, { job, pass, letter }) =>
      done(stores.job(job, pass).discard(readLetter(letter))),
    ),
    ending: operation(schemas.job, (_, { job, pass }) => {
      const known = stores.find(job);
      if (known?.owner === pass) known.ending = true;
      return undefined;
    }),
    release: operation(schemas.job, (_, { job, pass }) => done(stores.release(job, pass))),
    report: operation(schemas.report, (_, { job, report }) =>
      done(stores.kept.put(job, report as JsonValue)),
    ),
    reportOf: operation(schemas.reportOf, (_, { job }) => [stores.kept.get(job) ?? null]),
    forgetReport: operation(schemas.reportOf, (_, { job }) => done(stores.kept.remove(job))),
  };
  return new Map(
    Object.entries(entries).map(([each, made]) => [`store.${each}`, { ...made, role: "worker" }]),
  );
}

/** Begins an incarnation, and tells all that is committed of its task. */
function openTask(
  scope: StoreOperationsScope,
  { job, pass, node }: { job: string; pass: string; node: string },
  { event }: HubRequest,
): JsonValue {
  const store = scope.stores.job(job, pass, node);
  const input = {
    advance: (position: JsonValue): void => {
      for (const [, id, elements] of hubPositions(position)) scope.queues.find(id)?.advance(elements);
    },
  };
  tellRecords(scope, store.collected(node), event);
  tellLetters(store.letters(node), event);
  const commit = store.open({ node, input, deadLetters: { write: () => undefined } });
  const record = store.record(node);
  tellTables(record, event);
  return { epoch: commit.epoch, progress: writeProgress(record) };
}

/**
 * Commits a unit of work: `[job, node, unit]`. What it comes to is told at once, and answered when its outputs are delivered.
 *
 * @throws WireFault `protocol` for what is none; SageError `INVALID_OPTION` for a record that no reader could be sent.
 */
export async function commitUnit(
  scope: StoreOperationsScope,
  bytes: Uint8Array,
  event: HubRequest["event"],
): Promise<JsonValue> {
  const { job, node, body } = scope.readHead(bytes);
  const full: string[] = [];
  const written = new Set<string>();
  const own = new Set<Queue>();
  const unit = readUnit(() =>
    scope.units.decode(body, (id) => {
      const queue = scope.queues.find(id);
      if (queue === undefined) throw new SageError("QUEUE_CLOSED", { queue: id });
      written.add(id);
      const told = noting(queue, () => full.push(id));
      own.add(told);
      return told;
    }),
  );
  if (body.length > scope.largestRecord)
    for (const { queue, batch } of unit.outputs) if (own.has(queue)) scope.checkRecords(batch);
  const store = scope.stores.find(job);
  const outcome = await (store?.commit(node, unit) ?? { code: "fenced" as const });
  const { code } = outcome;
  if (store === undefined || (code !== "applied" && code !== "alreadyApplied")) return { code };
  const fills: Record<string, number> = {};
  for (const [, id] of hubPositions(unit.position)) written.add(id);
  for (const id of store.targets(node, written)) fills[id] = scope.queues.find(id)?.size() ?? 0;
  if (outcome.delivered !== undefined) {
    event({ code, full, fills });
    await outcome.delivered;
  }
  return full.length === 0 ? { code, fills } : { code, full, fills };
}

/** A queue that says when something has found no room there. */
function noting(queue: Queue, onFull: () => void): Queue {
  return {
    offer: (batch: Batch) => queue.offer(batch),
    put: (batch: Batch) => {
      const put = queue.put(batch);
      if (isPromiseLike(put)) onFull();
      return put;
    },
  } as Queue;
}

function readUnit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SageError && error.code === "QUEUE_CLOSED") throw error;
    throw new WireFault("protocol", "a unit of work cannot be read");
  }
}
