import { Packr, Unpackr } from "msgpackr";
import { type Format, rawHop, rawSender } from "./raw-ws.ts";
import { batchSize, recordsFrom, type WireRecord } from "./records.ts";

const packr = new Packr();
const unpackr = new Unpackr();

/** Arrays of 256 records with msgpackr: the same codec and batch as ours. */
const format: Format = {
  read: (message) => (message.length === 0 ? [] : (unpackr.unpack(message) as WireRecord[])),
  write: (from, to) => [packr.pack(recordsFrom(from, to))],
  atOnce: batchSize,
};

export const hop = rawHop(import.meta.url, format);
export const open = (url: string) => rawSender(url, format);
