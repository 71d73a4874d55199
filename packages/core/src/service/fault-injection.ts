import type { Host } from "../host/host.ts";
import type { CallInterceptor, OutgoingCall } from "./call-interceptor.ts";

/** What happens to a call on purpose: a delay, an error, or the error after the delay. */
export interface InjectedFault {
  /** Thrown instead of making the call. */
  readonly error?: unknown;
  /** How long the call is held back first, in ms; a call whose signal fires meanwhile throws its reason. */
  readonly delayMs?: number;
}

/** Says what happens to the `n`th call, counted from 1; `undefined` leaves it alone. What it throws, the call throws. */
export type FaultPlan = (call: OutgoingCall, n: number) => InjectedFault | undefined;

/** Makes calls fail or late as a plan says: for tests of what calls a service. Each interceptor counts on its own. */
export function injectFaults(plan: FaultPlan, { clock }: Pick<Host, "clock">): CallInterceptor {
  let calls = 0;
  return async (call, next) => {
    const fault = plan(call, ++calls) ?? {};
    if (fault.delayMs !== undefined) await clock.sleep(fault.delayMs, call.signal);
    if ("error" in fault) throw fault.error;
    return next(call);
  };
}
