import type { PartitionKey } from "./partition-key.ts";

/** Small string facts that travel with a record, such as a correlation id. */
export type Headers = Readonly<Record<string, string>>;

/** One record as custom partitioners, plug-ins and tests see it. */
export interface Packet<T = unknown> {
  /** The record itself. */
  readonly payload: T;
  /** Which input of the receiving step it is for. */
  readonly inputIndex: number;
  /** Its key; `undefined` when the stream is not keyed. */
  readonly partitionKey: PartitionKey | undefined;
  /** Name of the partitioner that routes it. */
  readonly partitionStrategy: string;
  /** Its headers, if it has any. */
  readonly headers: Headers | undefined;
}
