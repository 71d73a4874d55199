import { type JsonValue, SageError } from "@sage-kernel/core";
import {
  Batch,
  decodePayload,
  encodePayload,
  type Headers,
  type PartitionKey,
  type StopSignal,
} from "@sage-kernel/core/spi";
import { Packr, Unpackr } from "msgpackr";
import { isSimple } from "./simple-data.ts";

/** First byte of what is packed: a MessagePack array of six, which needs no byte in front of it, and so no copy. */
const packed = 0x96;
/** First byte of what core's tagged JSON follows. */
const tagged = 2;

/** What is written: channel, first sequence number, payloads, keys, headers, stop signal. */
type Fields = readonly [
  channel: number,
  firstSeq: number,
  payloads: readonly unknown[],
  keys: readonly unknown[] | null,
  headers: readonly (Headers | null)[] | null,
  stop: StopSignal | null,
];

/** How records are written: packed as MessagePack where they are JSON, or all as JSON, which people can read. */
export type RecordFormat = "msgpack" | "json";

/**
 * Writes batches as bytes and reads them. What is JSON goes through MessagePack, whose entries say by themselves what
 * their records are made of; everything else that may leave a process is written as core's tagged JSON, which keeps it
 * exactly, behind a byte that says so.
 */
export class BatchCodec {
  /** How it writes; it reads both. */
  readonly format: RecordFormat;
  readonly #packr = new Packr();
  readonly #unpackr = new Unpackr();

  constructor(format: RecordFormat = "msgpack") {
    this.format = format;
  }

  /**
   * The bytes of a batch.
   *
   * @throws SageError `NOT_SERIALIZABLE` with the path of the first part that is no data.
   */
  encode({ channel, firstSeq, payloads, keys, headers, stop }: Batch): Buffer {
    const fields: Fields = [
      channel,
      firstSeq,
      payloads,
      keys ?? null,
      headers?.map((each) => each ?? null) ?? null,
      stop ?? null,
    ];
    if (this.format === "msgpack" && isSimple(payloads) && (keys === undefined || isSimple(keys))) {
      return this.#packr.pack(fields);
    }
    const written = payloads.map((payload) => encodePayload(payload));
    const json = [
      channel,
      firstSeq,
      written,
      keys?.map((key) => encodePayload(key)) ?? null,
      fields[4],
      fields[5],
    ];
    return withVersion(tagged, Buffer.from(JSON.stringify(json)));
  }

  /**
   * The batch that was written.
   *
   * @throws SageError `ENTRY_UNREADABLE` for anything else.
   */
  decode(bytes: Uint8Array, queue: string): Batch {
    try {
      return toBatch(this.#fields(bytes));
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new SageError("ENTRY_UNREADABLE", { queue, problem }, { cause });
    }
  }

  #fields(bytes: Uint8Array): Fields {
    if (bytes[0] === packed) return this.#unpackr.unpack(bytes) as Fields;
    if (bytes[0] !== tagged) throw new Error(`its version ${bytes[0]} is unknown`);
    const [channel, firstSeq, payloads, keys, ...rest] = JSON.parse(textBehind(bytes)) as Fields;
    const read = (list: readonly unknown[]): unknown[] =>
      list.map((each) => decodePayload(each as JsonValue));
    return [channel, firstSeq, read(payloads), keys === null ? null : read(keys), ...rest];
  }
}

/** Bytes behind one that tells how they are written. */
export function withVersion(version: number, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(body.length + 1);
  bytes[0] = version;
  body.copy(bytes, 1);
  return bytes;
}

/** The text behind the byte that tells how it is written. */
export function textBehind({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset + 1, byteLength - 1).toString();
}

function toBatch(fields: Fields): Batch {
  if (!Array.isArray(fields) || fields.length !== 6) throw new Error("it is no batch");
  const [channel, firstSeq, payloads, keys, headers, stop] = fields as Fields;
  if (!Number.isSafeInteger(channel) || !isCount(firstSeq) || !Array.isArray(payloads))
    throw new Error("it is no batch");
  for (const list of [keys, headers]) {
    if (list !== null && !(Array.isArray(list) && list.length === payloads.length))
      throw new Error("its keys or headers do not match its records");
  }
  if (stop !== null && (typeof stop.source !== "string" || typeof stop.time !== "number"))
    throw new Error("its stop signal is none");
  return new Batch(
    channel,
    firstSeq,
    payloads,
    (keys ?? undefined) as readonly PartitionKey[] | undefined,
    headers?.map((each) => each ?? undefined),
    stop ?? undefined,
  );
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
