import type { ErrorKind } from "../errors/error-kind.ts";
import { isSageError, SageError } from "../errors/sage-error.ts";
import type { Host } from "../host/host.ts";
import type { Random } from "../host/random.port.ts";
import type { CallInterceptor } from "./call-interceptor.ts";

/** How late a failed call is tried again. */
export interface CallBackoff {
  /** Wait before the second attempt, in ms. Default 50. */
  readonly initialMs?: number;
  /** By what each further wait is multiplied; at least 1. Default 2. */
  readonly factor?: number;
  /** Longest wait, in ms. Default 5,000. */
  readonly maxMs?: number;
  /** Share of each wait, from 0 to 1, that chance may take away. Default 0.5. */
  readonly jitter?: number;
}

/** How often and how late a failed call is tried again. */
export interface CallRetryOptions {
  /** Attempts in all, the first one included; an integer of at least 1. Default 3. */
  readonly attempts?: number;
  /** How the attempts are spaced. */
  readonly backoff?: CallBackoff;
  /** Which errors are worth another attempt, of those that another attempt may cure. Default: all. */
  readonly retryable?: (error: unknown) => boolean;
}

/** Kinds of errors that another attempt cannot cure; `timeout` is the caller's own deadline. */
const finalKinds: readonly ErrorKind[] = ["usage", "cancelled", "timeout"];

/**
 * Tries failed calls again, if they are declared idempotent; all others go through as they are.
 *
 * The first attempt is the call itself. No further one begins at the call's deadline or later, and no wait that would
 * last until then: the last error is thrown at once instead. A wait ends with the call's signal and throws its reason.
 * Errors of the kinds `usage`, `cancelled` and `timeout` are final, and so is what `retryable` refuses.
 *
 * @throws SageError `INVALID_OPTION`.
 */
export function retryCalls(
  options: CallRetryOptions,
  { clock, random }: Pick<Host, "clock" | "random">,
): CallInterceptor {
  const problem = retryProblemOf(options);
  if (problem !== undefined) {
    const expected = "{ attempts, backoff: { initialMs, factor, maxMs, jitter }, retryable }";
    throw new SageError("INVALID_OPTION", { path: "retry", problem, expected });
  }
  const { attempts = 3, backoff = {}, retryable = () => true } = options;
  const { initialMs = 50, factor = 2, maxMs = 5000, jitter = 0.5 } = backoff;
  const rules = { initialMs, factor, maxMs, jitter };
  const isFinal = (error: unknown): boolean =>
    (isSageError(error) && finalKinds.includes(error.kind)) || !retryable(error);

  return async (call, next) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await next(call);
      } catch (error) {
        if (!call.idempotent || attempt >= attempts || isFinal(error)) throw error;
        const delayMs = delayAfter(attempt, rules, random);
        if (clock.monotonic() + delayMs >= call.deadline) throw error;
        await clock.sleep(delayMs, call.signal);
        call.signal.throwIfAborted();
        if (clock.monotonic() >= call.deadline) throw error; // the timer was late
      }
    }
  };
}

/** What is wrong with the options of {@link retryCalls}, in words; `undefined` when nothing is. */
export function retryProblemOf(options: unknown): string | undefined {
  if (!isObject(options)) return "is no object";
  const { attempts = 1, backoff = {}, retryable, ...rest } = options;
  if (!isObject(backoff)) return 'has no object in "backoff"';
  const { initialMs = 0, factor = 1, maxMs = 0, jitter = 0, ...others } = backoff;
  const unknown = Object.keys(rest)[0] ?? Object.keys(others).map((name) => `backoff.${name}`)[0];
  if (unknown !== undefined) return `has an unknown option "${unknown}"`;
  if (!(Number.isSafeInteger(attempts) && isAtLeast(1, attempts))) return "has no whole number of attempts";
  if (!isAtLeast(0, initialMs)) return 'has no number of ms in "backoff.initialMs"';
  if (!isAtLeast(0, maxMs)) return 'has no number of ms in "backoff.maxMs"';
  if (!isAtLeast(1, factor)) return 'has no finite number of at least 1 in "backoff.factor"';
  if (!(isAtLeast(0, jitter) && jitter <= 1)) return 'has no share from 0 to 1 in "backoff.jitter"';
  if (retryable !== undefined && typeof retryable !== "function") return 'has no function in "retryable"';
  return undefined;
}

function delayAfter(attempt: number, backoff: Required<CallBackoff>, random: Random): number {
  const { initialMs, factor, maxMs, jitter } = backoff;
  // The power becomes infinite in the end, and an initial wait of 0 times infinity is no number.
  const full = Math.min(maxMs, initialMs * Math.min(factor ** (attempt - 1), Number.MAX_VALUE));
  return jitter === 0 ? full : full * (1 - jitter * random.next());
}

function isObject(value: unknown): value is { readonly [option: string]: unknown } {
  return typeof value === "object" && value !== null;
}

function isAtLeast(least: number, value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= least;
}
