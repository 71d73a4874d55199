import { type Format, rawHop, rawSender } from "./raw-ws.ts";
import { batchSize, recordsFrom, type WireRecord } from "./records.ts";

/** Arrays of 256 records as JSON. */
const format: Format = {
  read: (message) => (message.length === 0 ? [] : (JSON.parse(message.toString()) as WireRecord[])),
  write: (from, to) => [JSON.stringify(recordsFrom(from, to))],
  atOnce: batchSize,
};

export const hop = rawHop(import.meta.url, format);
export const open = (url: string) => rawSender(url, format);
