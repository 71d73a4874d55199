/** Yields every record. */
export async function* source<R>(records: Iterable<R>): AsyncGenerator<R> {
  for (const record of records) yield record;
}

/** Yields what becomes of each record; waits for it if that is a promise, as every `yield` here does. */
export async function* map<R, U>(
  input: AsyncIterable<R>,
  change: (record: R) => U | Promise<U>,
): AsyncGenerator<U> {
  for await (const record of input) yield change(record);
}
