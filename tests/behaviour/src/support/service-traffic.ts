import { getEventListeners } from "node:events";
import type { CallContext, CallInterceptor, CallReport, ServiceOptions } from "@sage-kernel/core";
import type { ServiceManager } from "@sage-kernel/core/spi";
import * as fc from "fast-check";
import type { World } from "./simulate.ts";

/** One call: when it is made, what its method does, and when its caller gives it up. Times are in ms. */
export interface CallPlan {
  readonly at: number;
  readonly how: "answer" | "answer later" | "throw" | "reject later";
  readonly ms: number;
  /** Whether its method gives up with its signal. */
  readonly heeds: boolean;
  readonly timeoutMs: number | undefined;
  readonly givenUp:
    | { readonly by: "handle" | "signal" | "shared signal"; readonly after: number }
    | undefined;
}

/** All that happens to one service. */
export interface TrafficPlan {
  readonly service: Required<
    Pick<ServiceOptions, "instances" | "concurrency" | "queueCapacity" | "overflow">
  >;
  /** Whether its calls go through an interceptor. */
  readonly intercepted: boolean;
  readonly calls: readonly CallPlan[];
  /** The call, if there is one of that number, whose method takes longer than a service that is cancelled waits. */
  readonly long: number;
  readonly stop: { readonly at: number; readonly drain: boolean } | undefined;
}

/** Often many at once. */
const times = fc.oneof(fc.constantFrom(5, 20), fc.integer({ min: 0, max: 60 }));

const callPlan: fc.Arbitrary<CallPlan> = fc.record({
  at: times,
  how: fc.constantFrom("answer", "answer later", "answer later", "answer later", "throw", "reject later"),
  ms: fc.integer({ min: 0, max: 30 }),
  heeds: fc.boolean(),
  timeoutMs: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined, freq: 2 }),
  givenUp: fc.option(
    fc.record({
      by: fc.constantFrom("handle", "signal", "shared signal"),
      after: fc.integer({ min: 0, max: 40 }),
    }),
    { nil: undefined, freq: 2 },
  ),
});

/** How long the method of a long call takes, in ms. */
const longMs = 2500;

/** Longer than all of a traffic takes that nobody holds up, in ms. */
export const allMs = 5000;

/** Any traffic. */
export const trafficPlan: fc.Arbitrary<TrafficPlan> = fc.record({
  service: fc.record({
    instances: fc.integer({ min: 1, max: 3 }),
    concurrency: fc.oneof(fc.constantFrom(1, 2), fc.integer({ min: 1, max: 8 })),
    queueCapacity: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 64 })),
    overflow: fc.constantFrom("wait", "reject"),
  }),
  intercepted: fc.boolean(),
  calls: fc.array(callPlan, { minLength: 1, maxLength: 40, size: "max" }),
  long: fc.nat(60),
  stop: fc.option(fc.record({ at: fc.integer({ min: 1, max: 100 }), drain: fc.boolean() }), {
    nil: undefined,
    freq: 2,
  }),
});

/** What became of one call. */
export interface CallEnd {
  /** The answer, or the error. */
  readonly value?: unknown;
  readonly error?: unknown;
  readonly startedAt: number;
  readonly at: number;
  /** Listeners left on its own signal. */
  readonly listeners: number;
  /** Requests that waited for an answer then beyond the calls that had not ended. */
  readonly excess: number;
}

/** What was seen of the methods. */
export interface Served {
  /** How often the method of each call has begun. */
  readonly begun: number[];
  /** When it has. */
  readonly begunAt: number[];
  /** When it has ended, unless that was at once. */
  readonly endedAt: number[];
  /** The signals of the methods that heed it. */
  readonly signals: AbortSignal[];
  /** Most methods of each instance that ran at once. */
  readonly most: number[];
}

/** Calls that were made, and what happened. */
export interface Traffic {
  readonly ends: readonly CallEnd[];
  readonly served: Served;
  /** What the runtime has counted. */
  readonly report: CallReport;
  /** When the job was to stop, and when it had. */
  readonly stopAt: number;
  readonly stoppedAt: number;
  /** Listeners left on the signal that callers share. */
  readonly sharedListeners: number;
}

/** Why callers give up, by their signals. */
export const enough = new Error("enough");

/** Lets all of it happen, and waits for the end of everything. */
export async function run(
  world: World,
  plan: TrafficPlan,
  manager: () => Pick<ServiceManager, "pending" | "services">,
): Promise<Traffic> {
  const { clock } = world;
  const env = world.env();
  const served: Served = { begun: plan.calls.map(() => 0), begunAt: [], endedAt: [], signals: [], most: [] };
  const interceptors: CallInterceptor[] = plan.intercepted ? [(call, next) => next(call)] : [];
  env.registerService("traffic", () => methodOf(plan, served), { ...plan.service, interceptors });
  const job = await env.submit();
  const [entry] = manager().services;
  const shared = new AbortController();
  const perCall = plan.intercepted ? 2 : 1; // the call that is intercepted, and its request
  let open = 0;
  const ends = plan.calls.map(async (call, n): Promise<CallEnd> => {
    await clock.sleep(call.at);
    const startedAt = clock.monotonic();
    open++;
    const { result, signal } = begin(world, call, n, shared);
    const end = await result.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const excess = manager().pending - --open * perCall;
    const listeners = signal === undefined ? 0 : getEventListeners(signal, "abort").length;
    return { ...end, startedAt, at: clock.monotonic(), listeners, excess };
  });
  const { at = 0, drain = true } = plan.stop ?? {};
  if (plan.stop === undefined) {
    await Promise.all(ends);
    await clock.sleep(100); // nothing happens any more, not even at the deadlines
  } else await clock.sleep(at);
  const stopAt = clock.monotonic();
  await job.stop({ drain });
  const stoppedAt = clock.monotonic();
  const ended = await Promise.all(ends);
  await clock.sleep(allMs); // methods that nobody waits for end, too
  const report = entry?.stats.report(entry.job, entry.name) as CallReport;
  const sharedListeners = getEventListeners(shared.signal, "abort").length;
  return { ends: ended, served, report, stopAt, stoppedAt, sharedListeners };
}

/** Makes one call, and sees to it that it is given up in time. */
function begin(world: World, { timeoutMs, givenUp }: CallPlan, n: number, shared: AbortController) {
  const { clock, runtime } = world;
  const own = new AbortController();
  const signal =
    givenUp?.by === "signal" ? own.signal : givenUp?.by === "shared signal" ? shared.signal : undefined;
  const options = {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  };
  const { result, cancel } = runtime.callServiceAsync({ service: "traffic", args: [n], ...options });
  if (givenUp !== undefined) {
    const giveUp = {
      handle: cancel,
      signal: () => own.abort(enough),
      "shared signal": () => shared.abort(enough),
    };
    void clock.sleep(givenUp.after).then(giveUp[givenUp.by]);
  }
  return { result, signal: givenUp?.by === "signal" ? own.signal : undefined };
}

/** The service: it does with each call what the plan says, and counts what runs. */
function methodOf({ calls, long }: TrafficPlan, served: Served) {
  let running = 0;
  const begin = (n: number, { index, clock }: CallContext): CallPlan => {
    served.begunAt[n] = clock.monotonic();
    served.begun[n] = (served.begun[n] ?? 0) + 1;
    served.most[index] = Math.max(served.most[index] ?? 0, ++running);
    return calls[n] as CallPlan;
  };
  const later = async (n: number, { how, ms, heeds }: CallPlan, call: CallContext): Promise<string> => {
    const signal = heeds ? call.signal : undefined;
    if (signal !== undefined) served.signals[n] = signal;
    try {
      await call.clock.sleep(n === long ? longMs : ms, signal);
    } finally {
      running--;
      served.endedAt[n] = call.clock.monotonic();
    }
    if (how === "reject later") throw new Error(`no ${n}`);
    return `answer ${n}`;
  };
  return {
    process(n: number, call: CallContext): string | Promise<string> {
      const plan = begin(n, call);
      if (plan.how.endsWith("later")) return later(n, plan, call);
      running--;
      if (plan.how === "throw") throw new Error(`no ${n}`);
      return `answer ${n}`;
    },
  };
}
