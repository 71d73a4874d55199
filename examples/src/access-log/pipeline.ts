import type { Collected, DataStream, Environment, SourceInput } from "@sage-kernel/core";
import { type Lines, splitLines } from "./lines.ts";
import { parseLine, type Request } from "./parse-line.ts";

/** The requests of one key, added up. */
export interface Tally {
  readonly key: string;
  readonly requests: number;
  readonly bytes: number;
}

/** How to count. */
export interface CountOptions {
  /** Lines that each instance parses at once. */
  readonly concurrency: number;
  /** Parallel instances of each step. */
  readonly parallelism: number;
}

/** What the program collects: the requests by each of their fields. */
export interface AccessLogHandles {
  readonly statuses: Collected<Tally>;
  readonly hours: Collected<Tally>;
  readonly addresses: Collected<Tally>;
  readonly paths: Collected<Tally>;
}

/** Declares the pipeline: parses each line once, and adds the requests up in four ways side by side. */
export function declareAccessLog(
  env: Environment,
  chunks: SourceInput<Lines>,
  { concurrency, parallelism }: CountOptions,
): AccessLogHandles {
  const requests = env
    .fromBatch(chunks, { name: "chunks" })
    .flatMap(splitLines, { name: "lines" })
    .map(parseLine, { name: "parse", concurrency, parallelism, onError: "deadLetter" });
  return {
    statuses: tallyBy(requests, "status", parallelism),
    hours: tallyBy(requests, "hour", parallelism),
    addresses: tallyBy(requests, "address", parallelism),
    paths: tallyBy(requests, "path", parallelism),
  };
}

function tallyBy(
  requests: DataStream<Request>,
  field: "status" | "hour" | "address" | "path",
  parallelism: number,
): Collected<Tally> {
  return requests
    .keyBy((request) => request[field], { name: `by-${field}`, parallelism })
    .reduce(
      (tally: Tally, request) => ({
        key: request[field],
        requests: tally.requests + 1,
        bytes: tally.bytes + request.bytes,
      }),
      { name: `${field}-tally`, parallelism, initial: () => nothing, emit: "end" },
    )
    .collect();
}

const nothing: Tally = { key: "", requests: 0, bytes: 0 };
