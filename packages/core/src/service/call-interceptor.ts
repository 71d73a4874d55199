import type { Headers } from "../packet/packet.ts";

/** One call of a service, as interceptors see it. */
export interface OutgoingCall {
  readonly service: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** When the caller gives up, in ms of the runtime's monotonic clock. */
  readonly deadline: number;
  /** How long the caller waits in all, in ms. */
  readonly timeoutMs: number;
  /** Whether running it twice is the same as running it once. */
  readonly idempotent: boolean;
  readonly idempotencyKey?: string | undefined;
  readonly headers?: Headers | undefined;
  /** Fires when the caller gives up: at the deadline, and when it cancels. */
  readonly signal: AbortSignal;
}

/** A result, wrapped so that nothing waits for one that has a `then`. */
export interface CallResult {
  readonly value: unknown;
}

/**
 * Around every call of a service, on the caller's side: it may look at the call, hold it back, change it, call `next`
 * once, several times or not at all, and answer or throw what it likes. What holds a call back must end with its
 * signal.
 */
export type CallInterceptor = (
  call: OutgoingCall,
  next: (call: OutgoingCall) => Promise<CallResult>,
) => Promise<CallResult>;
