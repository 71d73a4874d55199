import type { CallInfo } from "./service-types.ts";
import type { RuntimeContext } from "./task-context.ts";

/**
 * What a method sees of the call that it serves, as its last parameter. What it calls in turn has what is left of its
 * caller's time.
 */
export interface CallContext extends RuntimeContext, CallInfo {
  /** Id of the job. */
  readonly job: string;
  /** Name of the service. */
  readonly serviceName: string;
  /** Which of its instances this is, from 0. */
  readonly index: number;
}

/** What a service instance sees of the runtime, in `setup(ctx)`. */
export interface ServiceContext extends RuntimeContext {
  /** Id of the job. */
  readonly job: string;
  /** Name of the service. */
  readonly serviceName: string;
  /** Which of its instances this is, from 0. */
  readonly index: number;
  /** How many instances it has. */
  readonly instances: number;
  /** Fires when the service is stopped without being drained: give up what takes long. */
  readonly signal: AbortSignal;
}
