import { type Format, rawHop, rawSender } from "./raw-ws.ts";
import { batchSize, recordsFrom, type WireRecord } from "./records.ts";

/** A message of JSON for each record. */
const format: Format = {
  read: (message) => (message.length === 0 ? [] : [JSON.parse(message.toString()) as WireRecord]),
  write: (from, to) => recordsFrom(from, to).map((record) => JSON.stringify(record)),
  atOnce: batchSize,
};

export const hop = rawHop(import.meta.url, format);
export const open = (url: string) => rawSender(url, format);
