import { serialize } from "node:v8";
import { Batch } from "@sage-kernel/core/spi";

/** The elements of a batch, each a batch of its own: one for each record, and one for the stop signal. */
export function elementsOf(batch: Batch): Batch[] {
  const elements = batch.payloads.map((_, i) => batch.range(i, i + 1));
  if (batch.stop !== undefined) elements.push(batch.range(batch.payloads.length));
  return elements;
}

/** The same elements in as few batches as they fit into. */
export function joined(elements: readonly Batch[]): Batch[] {
  const runs: Batch[][] = [];
  for (const element of elements) {
    const run = runs.at(-1);
    if (run !== undefined && continues(run[0] as Batch, run.length, run.at(-1) as Batch, element))
      run.push(element);
    else runs.push([element]);
  }
  return runs.map(join);
}

/** Bytes of the records in some batches: of a text in UTF-8, of anything else as a structured clone. */
export function sizeInBytes(batches: readonly Batch[]): number {
  const payloads = batches.flatMap((batch) => batch.payloads);
  return payloads.reduce<number>(
    (sum, payload) =>
      sum + (typeof payload === "string" ? Buffer.byteLength(payload) : serialize(payload).byteLength),
    0,
  );
}

function continues(first: Batch, length: number, last: Batch, next: Batch): boolean {
  return (
    next.channel === first.channel &&
    next.firstSeq === first.firstSeq + length &&
    last.stop === undefined &&
    (next.keys === undefined) === (first.keys === undefined) &&
    (next.headers === undefined) === (first.headers === undefined)
  );
}

function join(run: readonly Batch[]): Batch {
  const { channel, firstSeq, keys, headers } = run[0] as Batch;
  return new Batch(
    channel,
    firstSeq,
    run.flatMap((batch) => batch.payloads),
    keys && run.flatMap((batch) => batch.keys ?? []),
    headers && run.flatMap((batch) => batch.headers ?? []),
    run.at(-1)?.stop,
  );
}
