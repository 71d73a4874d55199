import { describeValue, reasonOf, SageError } from "../errors/sage-error.ts";
import type { Clock } from "../host/clock.port.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import { ArraySource } from "./array-source.ts";
import { AsyncReader } from "./async-reader.ts";
import type { PolledSource } from "./replayable-source.ts";
import { IteratorReader, type SourceReader } from "./source-reader.ts";

/** What a source function gets. */
export interface SourceScope {
  /** Fires when the source is told to end, by a drain as well as by a cancel: give up what waits. */
  readonly signal: AbortSignal;
}

/** What `fromBatch` reads: each job asks a function anew, and reads anything else once. */
export type SourceInput<T> =
  | Iterable<T>
  | AsyncIterable<T>
  | ((scope: SourceScope) => Iterable<T> | AsyncIterable<T>);

/** What a reader needs of its machine. */
export interface ReaderHost {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/** Makes the reader of one instance of a source. */
export type ReaderFactory = (index: number, parallelism: number, host: ReaderHost) => SourceReader;

/** A source that was opened for one job: what each instance reads, again from a position if it can. */
export type OpenedSource =
  | { readonly createReader: ReaderFactory }
  | { readonly createSource: (index: number, parallelism: number) => PolledSource<unknown> };

/**
 * Opens a source for one job. An array can be read again from any position, and is split by index; an iterator is
 * shared by all instances.
 *
 * @throws SageError `INVALID_SOURCE` for what is no source, `SOURCE_CONSUMED` for an iterator or async
 * iterable that was read before, `OPERATOR_FAILED` when the function throws.
 */
export function openSource(step: string, input: unknown, consumed: WeakSet<object>): OpenedSource {
  const abort = new AbortController();
  const items =
    typeof input === "function" ? call(step, input as (scope: SourceScope) => unknown, abort.signal) : input;
  if (!isSource(items)) throw new SageError("INVALID_SOURCE", { step, got: describeValue(items) });
  if (Array.isArray(items)) {
    return { createSource: (_, parallelism) => new ArraySource(items, parallelism) as PolledSource<unknown> };
  }
  if (Symbol.asyncIterator in items) {
    const iterator = (items as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    // Few async iterables can be read twice, and none of them says so.
    if (items === input || (iterator as unknown) === items) refuseAgain(items, step, consumed);
    const onClose = (): void => {
      abort.abort(new SageError("CANCELLED", { what: `Source "${step}"` }));
      destroy(items);
    };
    let reader: AsyncReader | undefined;
    return {
      createReader(_index, _parallelism, { scheduler }) {
        reader ??= new AsyncReader(iterator, scheduler, onClose);
        return reader;
      },
    };
  }
  const iterator = (items as Iterable<unknown>)[Symbol.iterator]();
  if ((iterator as unknown) === items) refuseAgain(items, step, consumed);
  const reader = new IteratorReader(iterator);
  return { createReader: () => reader };
}

/** Tells whether a value can be read: an iterable or async iterable that is no string. */
export function isSource(items: unknown): items is object {
  return (
    typeof items === "object" && items !== null && (Symbol.asyncIterator in items || Symbol.iterator in items)
  );
}

/** Ends a Node stream, whose iterator would not end while it waits. */
function destroy(items: object): void {
  const stream = items as { readonly destroy?: unknown };
  if (typeof stream.destroy === "function") stream.destroy();
}

function refuseAgain(items: object, step: string, consumed: WeakSet<object>): void {
  if (consumed.has(items)) throw new SageError("SOURCE_CONSUMED", { step });
  consumed.add(items);
}

function call(step: string, make: (scope: SourceScope) => unknown, signal: AbortSignal): unknown {
  try {
    return make({ signal });
  } catch (error) {
    const facts = { node: step, phase: "its source function", reason: reasonOf(error) };
    throw new SageError("OPERATOR_FAILED", facts, { cause: error });
  }
}
