import type { JsonValue } from "@sage-kernel/core";
import { type DeadLetter, decodePayload, encodePayload, type PartitionKey } from "@sage-kernel/core/spi";

/** A dead letter as a text. A record that may not leave its process is kept as far as it is data, or as a text. */
export function writeLetter({ record, key, ...rest }: DeadLetter): string {
  const kept = {
    record: written(record),
    ...(key === undefined ? {} : { key: encodePayload(key) }),
    ...rest,
  };
  return JSON.stringify(kept);
}

function written(record: unknown): JsonValue {
  for (const tried of [record, { ...(record as object) }]) {
    try {
      return encodePayload(tried);
    } catch {
      // then what it has, or its text
    }
  }
  return encodePayload(String(record));
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
