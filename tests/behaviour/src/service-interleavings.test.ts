import { hasCode } from "@sage-kernel/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seedsTimeoutMs } from "./support/seeds.ts";
import {
  allMs,
  type CallEnd,
  enough,
  run,
  type Served,
  type TrafficPlan,
  trafficPlan,
} from "./support/service-traffic.ts";
import { simulate } from "./support/simulate.ts";
import { WatchedServices, type Watcher } from "./support/watched-services.ts";

const numRuns = process.env.SAGE_DEEP === "1" ? 3000 : 150;

/** How long callers wait that do not say, in ms; no traffic takes as long, so none of them waits in vain. */
const defaultTimeoutMs = 10_000;

/** Checks that a call has ended as its plan allows, given what was seen of its method. */
function checkEnd({ calls, service, stop }: TrafficPlan, n: number, end: CallEnd, served: Served): void {
  const { how, timeoutMs = defaultTimeoutMs, givenUp, heeds } = calls[n] as TrafficPlan["calls"][number];
  const { error, startedAt, at } = end;
  const deadline = startedAt + timeoutMs;
  const begun = served.begun[n] as number;
  const stopped = stop !== undefined && at >= stop.at;
  const allowed = (condition: boolean): void => {
    expect({ n, plan: calls[n], end, begun, allowed: condition }).toMatchObject({ allowed: true });
  };
  allowed(at <= deadline && end.listeners === 0 && end.excess <= 0);
  allowed(begun === 0 || (begun === 1 && (served.begunAt[n] as number) < deadline));
  allowed(!heeds || (served.endedAt[n] ?? 0) <= at);
  if (!("error" in end)) {
    expect(end.value).toBe(`answer ${n}`);
    allowed(how.startsWith("answer") && begun === 1 && served.signals[n]?.aborted !== true);
  } else if (error === enough) allowed(givenUp !== undefined && givenUp.by !== "handle");
  else if (hasCode(error, "SERVICE_CANCELLED")) {
    allowed(givenUp?.by === "handle" && at === startedAt + givenUp.after);
  } else if (hasCode(error, "SERVICE_TIMEOUT")) allowed(at === deadline && timeoutMs < defaultTimeoutMs);
  else if (hasCode(error, "SERVICE_FULL")) {
    allowed(service.overflow === "reject" && begun === 0 && calls.length > service.queueCapacity);
  } else if (hasCode(error, "SERVICE_NOT_FOUND")) allowed(stopped && begun === 0);
  else if (hasCode(error, "SERVICE_UNAVAILABLE")) {
    allowed(stopped && (begun === 0 || (error.details.maybeExecuted === true && !stop.drain)));
  } else if (hasCode(error, "CANCELLED")) allowed(stopped && stop?.drain === false && heeds && begun === 1);
  else {
    expect((error as Error).message).toBe(`no ${n}`);
    allowed((how === "throw" || how === "reject later") && begun === 1);
  }
}

async function check(plan: TrafficPlan, seed: number, watcher: Watcher): Promise<void> {
  const watched = new WatchedServices(seed, watcher);
  await simulate({ seed, adapters: [watched.adapter] }, async (world) => {
    const { ends, served, report, stopAt, stoppedAt, sharedListeners } = await run(
      world,
      plan,
      () => watched.manager,
    );

    for (const [n, end] of ends.entries()) checkEnd(plan, n, end, served);
    expect([watched.manager.pending, report.inFlight, sharedListeners]).toEqual([0, 0, 0]);
    expect(report.calls - sum(Object.values(report.failures))).toBe(
      ends.filter((end) => !("error" in end)).length,
    );
    expect([...watched.cancelled].filter((id) => !watched.sent.has(id))).toEqual([]);
    expect(stoppedAt - stopAt).toBeLessThan(allMs);
    expect(ends.filter(({ startedAt, at }) => at > stoppedAt && at > startedAt)).toEqual([]);
    expect(served.begunAt.filter((at) => at > stoppedAt)).toEqual([]);
    checkReports(plan, watched, served, watcher !== "nobody");
  });
  const { forgeries, manager } = watched;
  const { late, unknown, invalid } = manager.strays;
  expect({ unknown, invalid }).toEqual({ unknown: forgeries.unknown, invalid: forgeries.invalid });
  expect(late).toBeGreaterThanOrEqual(forgeries.copies);
}

/** Checks that the instances were never too busy, and account for each request that they have taken. */
function checkReports(
  { service }: TrafficPlan,
  { tasks, requests }: WatchedServices,
  served: Served,
  counted: boolean,
): void {
  const { concurrency } = service;
  expect(served.most.filter((most) => most > concurrency)).toEqual([]);
  const reports = tasks.map((task) => task.report());
  expect(reports.filter(({ running, maxRunning }) => running > 0 || maxRunning > concurrency)).toEqual([]);
  const calls = sum(reports.map(({ methods }) => methods.process?.calls ?? 0));
  const dropped = sum(reports.map(({ expired, cancelled, refused }) => expired + cancelled + refused));
  expect(calls).toBe(sum(served.begun));
  if (counted) expect(calls + dropped).toBe(requests);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe("a service, whoever calls it, gives up and stops it when", () => {
  it.each([
    ["where messages may pass the queues by", "nobody"],
    ["among honest peers", "honest"],
    ["where somebody doubles, shuffles and forges replies", "hostile"],
  ] as const)(
    "ends each call once, with its own answer or an error that it may have, and leaves nothing behind: %s",
    (_, watcher) =>
      fc.assert(
        fc.asyncProperty(trafficPlan, fc.nat(), (plan, seed) => check(plan, seed, watcher)),
        { numRuns: numRuns },
      ),
    seedsTimeoutMs,
  );
});
