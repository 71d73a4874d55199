import { type BatchCodec, readCell, readProgress } from "@sage-kernel/codec";
import type { Batch, TaskRecord } from "@sage-kernel/core/spi";
import { encodeNumbers } from "../wire/numbers.ts";
import { ByteReader } from "../wire/varint.ts";

/** How both ends of a store write what they tell each other. */
export interface StoreCodecs {
  readonly readProgress: (text: string) => TaskRecord;
  readonly readCell: (text: string) => unknown;
  readonly writeBatch: (batch: Batch) => string;
  readonly readBatch: (text: string) => Batch;
  /** The job and the node of a unit, and what is behind them. */
  readonly readHead: (bytes: Uint8Array) => { job: string; node: string; body: Uint8Array };
  readonly writeHead: (job: string, node: string, body: Uint8Array) => Uint8Array;
}

const text = new TextEncoder();
const read = new TextDecoder("utf-8", { ignoreBOM: true });

/** They, with a codec of batches. */
export function storeCodecs(records: BatchCodec): StoreCodecs {
  return {
    readProgress,
    readCell,
    writeBatch: (batch) => Buffer.from(records.encode(batch)).toString("base64"),
    readBatch: (base64) => records.decode(Buffer.from(base64, "base64"), "a store"),
    readHead(bytes) {
      const reader = new ByteReader(bytes);
      const part = (): string => read.decode(reader.bytes(reader.varint()));
      return { job: part(), node: part(), body: reader.rest() };
    },
    writeHead(job, node, body) {
      const [first, second] = [text.encode(job), text.encode(node)];
      const rest = encodeNumbers([second.length], Buffer.concat([second, body]));
      return encodeNumbers([first.length], Buffer.concat([first, rest]));
    },
  };
}
