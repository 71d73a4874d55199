import type { JsonValue } from "@sage-kernel/core";
import { type DeadLetter, decodePayload, encodePayload, type PartitionKey } from "@sage-kernel/core/spi";

/** A dead letter as a text. @throws SageError `NOT_SERIALIZABLE` for a record that may not leave a process. */
export function writeLetter({ record, key, ...rest }: DeadLetter): string {
  const kept = {
    record: encodePayload(record),
    ...(key === undefined ? {} : { key: encodePayload(key) }),
    ...rest,
  };
  return JSON.stringify(kept);
}

/** The dead letter that was written. */
export function readLetter(text: string): DeadLetter {
  const { record, key, ...rest } = JSON.parse(text) as DeadLetter<JsonValue> & { readonly key?: JsonValue };
  return {
    ...rest,
    headers: rest.headers,
    record: decodePayload(record),
    key: key === undefined ? undefined : (decodePayload(key) as PartitionKey),
  };
}
