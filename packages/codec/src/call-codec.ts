import { SageError } from "@sage-kernel/core";
import {
  Batch,
  type Clock,
  decodeMessage,
  encodeMessage,
  isMessage,
  packMessages,
  type ServiceMessage,
  unpackMessages,
} from "@sage-kernel/core/spi";
import { Packr, Unpackr } from "msgpackr";
import { type BatchCodec, textBehind, withVersion } from "./batch-codec.ts";
import { isSimple } from "./simple-data.ts";

/** First byte of an element that has messages, beside those of {@link BatchCodec}. */
const packed = 3;
const tagged = 4;

/**
 * Writes messages of services as bytes and reads them: deadlines travel as the time that remains, and arguments and results
 * that are JSON as MessagePack. What is no message goes the way of all records.
 */
export class CallCodec {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #records: BatchCodec;
  readonly #packr = new Packr({ useRecords: false });
  readonly #unpackr = new Unpackr({ useRecords: false });

  /** Deadlines go by this clock; it writes in the format of `records`. */
  constructor(clock: Pick<Clock, "monotonic">, records: BatchCodec) {
    this.#clock = clock;
    this.#records = records;
  }

  /**
   * The bytes of a batch.
   *
   * @throws SageError `NOT_SERIALIZABLE` with the path of the first part that is no data.
   */
  encode(batch: Batch): Buffer {
    const { payloads, keys, headers, stop } = batch;
    const plain = keys === undefined && headers === undefined && stop === undefined;
    if (!plain || !payloads.every(isMessage)) return this.#records.encode(batch);
    const now = this.#clock.monotonic();
    if (this.#records.format === "msgpack" && (payloads as readonly ServiceMessage[]).every(isPlain)) {
      return withVersion(packed, this.#packr.pack(packMessages(payloads as readonly ServiceMessage[], now)));
    }
    const json = payloads.map((message) => encodeMessage(message as ServiceMessage, now));
    return withVersion(tagged, Buffer.from(JSON.stringify(json)));
  }

  /**
   * The batch that was written. A message that is none stays as it is: whoever takes it discards it, and says why.
   *
   * @throws SageError `ENTRY_UNREADABLE` for bytes that are nothing of this.
   */
  decode(bytes: Uint8Array, queue: string): Batch {
    const version = bytes[0];
    if (version !== packed && version !== tagged) return this.#records.decode(bytes, queue);
    try {
      const now = this.#clock.monotonic();
      if (version === packed)
        return new Batch(0, 0, unpackMessages(this.#unpackr.unpack(bytes.subarray(1)), now));
      return new Batch(
        0,
        0,
        (JSON.parse(textBehind(bytes)) as unknown[]).map((each) => read(each, now)),
      );
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new SageError("ENTRY_UNREADABLE", { queue, problem }, { cause });
    }
  }
}

/** Whether what a message brings from elsewhere is JSON; all else in it is the kernel's own. */
function isPlain(message: ServiceMessage): boolean {
  if (message.kind === "request") return isSimple(message.args) && isSimple(message.headers ?? null);
  if (message.kind !== "response") return true;
  return message.ok ? message.value === undefined || isSimple(message.value) : isSimple(message.error);
}

function read(json: unknown, now: number): unknown {
  try {
    return decodeMessage(json, now);
  } catch {
    return json;
  }
}
