import { describeValue, reasonOf, SageError } from "../errors/sage-error.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import { AsyncReader } from "./async-reader.ts";
import { ArrayReader, IteratorReader, type SourceReader } from "./source-reader.ts";

/** What `fromBatch` reads: each job asks a function anew, and reads anything else once. */
export type SourceInput<T> = Iterable<T> | AsyncIterable<T> | (() => Iterable<T> | AsyncIterable<T>);

/** Makes the reader of one instance of a source. */
export type ReaderFactory = (index: number, parallelism: number, scheduler: Scheduler) => SourceReader;

/**
 * Opens a source for one job. Arrays are split by index; an iterator is shared by all instances.
 *
 * @throws SageError `INVALID_SOURCE` for what is no source, `SOURCE_CONSUMED` for an iterator or async
 * iterable that was read before, `OPERATOR_FAILED` when the function throws.
 */
export function openSource(step: string, input: unknown, consumed: WeakSet<object>): ReaderFactory {
  const items = typeof input === "function" ? call(step, input as () => unknown) : input;
  if (!isSource(items)) throw new SageError("INVALID_SOURCE", { step, got: describeValue(items) });
  if (Array.isArray(items)) return (index, parallelism) => new ArrayReader(items, index, parallelism);
  if (Symbol.asyncIterator in items) {
    const iterator = (items as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    // Few async iterables can be read twice, and none of them says so.
    if (items === input || (iterator as unknown) === items) refuseAgain(items, step, consumed);
    let reader: AsyncReader | undefined;
    return (_index, _parallelism, scheduler) => {
      reader ??= new AsyncReader(iterator, scheduler);
      return reader;
    };
  }
  const iterator = (items as Iterable<unknown>)[Symbol.iterator]();
  if ((iterator as unknown) === items) refuseAgain(items, step, consumed);
  const reader = new IteratorReader(iterator);
  return () => reader;
}

/** Tells whether a value can be read: an iterable or async iterable that is no string. */
export function isSource(items: unknown): items is object {
  return (
    typeof items === "object" && items !== null && (Symbol.asyncIterator in items || Symbol.iterator in items)
  );
}

function refuseAgain(items: object, step: string, consumed: WeakSet<object>): void {
  if (consumed.has(items)) throw new SageError("SOURCE_CONSUMED", { step });
  consumed.add(items);
}

function call(step: string, make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    const facts = { node: step, phase: "its source function", reason: reasonOf(error) };
    throw new SageError("OPERATOR_FAILED", facts, { cause: error });
  }
}
