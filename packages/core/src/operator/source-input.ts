import { describeValue, SageError } from "../errors/sage-error.ts";
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
 * @throws SageError `INVALID_SOURCE` for what is no source, `SOURCE_CONSUMED` for an iterator that was read before.
 */
export function openSource(step: string, input: unknown, consumed: WeakSet<object>): ReaderFactory {
  const items: unknown = typeof input === "function" ? input() : input;
  if (!isSource(items)) throw new SageError("INVALID_SOURCE", { step, got: describeValue(items) });
  if (Array.isArray(items)) return (index, parallelism) => new ArrayReader(items, index, parallelism);
  if (Symbol.asyncIterator in items) {
    const iterator = once((items as AsyncIterable<unknown>)[Symbol.asyncIterator](), items, step, consumed);
    let reader: AsyncReader | undefined;
    return (_index, _parallelism, scheduler) => {
      reader ??= new AsyncReader(iterator, scheduler);
      return reader;
    };
  }
  const reader = new IteratorReader(
    once((items as Iterable<unknown>)[Symbol.iterator](), items, step, consumed),
  );
  return () => reader;
}

/** Tells whether a value can be read: an iterable or async iterable that is no string. */
export function isSource(items: unknown): items is object {
  return (
    typeof items === "object" && items !== null && (Symbol.asyncIterator in items || Symbol.iterator in items)
  );
}

function once<I extends object>(iterator: I, items: object, step: string, consumed: WeakSet<object>): I {
  if ((iterator as object) !== items) return iterator;
  if (consumed.has(items)) throw new SageError("SOURCE_CONSUMED", { step });
  consumed.add(items);
  return iterator;
}
