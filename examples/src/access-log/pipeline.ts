import type { Collected, DataStream, Environment, SourceInput } from "@sage-kernel/core";
import { type Lines, splitLines } from "./lines.ts";
import { parseLine, type Request } from "./parse-line.ts";
import { type AddressSessions, findSessions } from "./sessions.ts";

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
  /** Fails the step that finds the sessions once, at its so-manieth request; `undefined`: never. */
  readonly crashAt: number | undefined;
}

/** What the program collects: the requests by each of their fields. */
export interface AccessLogHandles {
  readonly statuses: Collected<Tally>;
  readonly hours: Collected<Tally>;
  readonly addresses: Collected<Tally>;
  readonly paths: Collected<Tally>;
  readonly sessions: Collected<AddressSessions>;
}

/** Declares the pipeline: parses each line once, and adds the requests up in four ways side by side. */
export function declareAccessLog(
  env: Environment,
  chunks: SourceInput<Lines>,
  { concurrency, parallelism, crashAt }: CountOptions,
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
    sessions: requests
      .keyBy(({ address }) => address, { name: "by-visitor", parallelism })
      .process<AddressSessions>(findSessions(crashAt), {
        name: "sessions",
        parallelism,
        onError: "restart",
        restart: { kind: "fixedDelay", delayMs: 100 },
      })
      .collect(),
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
