import type { Random } from "../host/random.port.ts";

/**
 * What a failing record does in the end: fails the job, is left out, or becomes a dead letter.
 */
export type FinalPolicy = "fail" | "skip" | "deadLetter";

/** How often and how late a failing record is tried again. */
export interface RetryOptions {
  /** Attempts in all, the first one included; an integer of at least 1. */
  readonly attempts: number;
  /** Wait before the second attempt, in ms. Default 100. */
  readonly initialMs?: number;
  /** By what each further wait is multiplied; at least 1. Default 2. */
  readonly factor?: number;
  /** Longest wait, in ms. Default 30,000. */
  readonly maxMs?: number;
  /** Share of each wait, from 0 to 1, that chance may take away. Default 0. */
  readonly jitter?: number;
  /** Which errors are worth another attempt. Default: all. */
  readonly retryable?: (error: unknown) => boolean;
}

/** Tries a failing record again, and then does what `onExhausted` says. */
export interface RetryPolicy {
  /** Number of attempts in all, or how to space them. */
  readonly retry: number | RetryOptions;
  /** What happens after the last attempt. Default `fail`. */
  readonly onExhausted?: FinalPolicy;
}

/**
 * Restarts the task for a failing record, with a fresh function and the state of the last commit; the record comes
 * again. What has brought the task down too often does what `onExhausted` says, and what is behind it goes on.
 */
export interface RestartPolicyOption {
  /** How often one record may bring the task down; an integer of at least 1. */
  readonly restarts: number;
  /** Attempts before each restart, or how to space them. Default 1. */
  readonly retry?: number | RetryOptions;
  /** What happens to the record after the last restart. Default `deadLetter`. */
  readonly onExhausted?: FinalPolicy;
}

/** What a failing record does. `"restart"` is `{ restarts: 3, onExhausted: "deadLetter" }`. */
export type OnError = FinalPolicy | RetryPolicy | RestartPolicyOption | "restart";

/** A policy with nothing left out. */
export interface FaultRules extends Required<Omit<RetryOptions, "retryable">> {
  readonly onExhausted: FinalPolicy;
  /** How often one record may bring its task down before that. */
  readonly restarts: number;
  readonly retryable: ((error: unknown) => boolean) | undefined;
}

/** The final policies. */
export const finalPolicies: readonly FinalPolicy[] = ["fail", "skip", "deadLetter"];

/** How often a record may bring its task down where `"restart"` is all that the step says. */
const defaultRestarts = 3;

/** Fills in what a policy leaves out. */
export function faultRules(onError: OnError): FaultRules {
  const { retry = 1, restarts = 0, onExhausted = restarts > 0 ? "deadLetter" : "fail" } = spelledOut(onError);
  const options: RetryOptions = typeof retry === "number" ? { attempts: retry } : retry;
  const { attempts, initialMs = 100, factor = 2, maxMs = 30_000, jitter = 0, retryable } = options;
  return { attempts, initialMs, factor, maxMs, jitter, onExhausted, restarts, retryable };
}

function spelledOut(onError: OnError): Partial<RetryPolicy & RestartPolicyOption> {
  if (onError === "restart") return { restarts: defaultRestarts };
  return typeof onError === "string" ? { onExhausted: onError } : onError;
}

/** How long to wait before the attempt after attempt number `attempt`, in ms. */
export function backoffMs(rules: FaultRules, attempt: number, random: Random): number {
  const { initialMs, factor, maxMs, jitter } = rules;
  const full = initialMs === 0 ? 0 : Math.min(maxMs, initialMs * factor ** (attempt - 1)); // 0 times infinity is NaN
  return jitter === 0 ? full : full * (1 - jitter * random.next());
}

/** What is wrong with a policy, in words; `undefined` when nothing is. */
export function problemOf(onError: unknown): string | undefined {
  if (onError === "restart" || finalPolicies.includes(onError as FinalPolicy)) return undefined;
  if (typeof onError !== "object" || onError === null || !("retry" in onError || "restarts" in onError))
    return "is none of the policies";
  const {
    retry = 1,
    restarts = 1,
    onExhausted,
    ...others
  } = onError as { readonly [option: string]: unknown };
  if (onExhausted !== undefined && !finalPolicies.includes(onExhausted as FinalPolicy))
    return "has no such final policy";
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return `has an unknown option "${unknown}"`;
  if (!isCount(restarts)) return "has no whole number of restarts";
  return retryProblemOf(retry);
}

function retryProblemOf(retry: unknown): string | undefined {
  const options = typeof retry === "number" ? { attempts: retry } : (retry as Partial<RetryOptions> | null);
  if (typeof options !== "object" || options === null) return "has no number of attempts";
  const { attempts, initialMs = 0, factor = 1, maxMs = 0, jitter = 0, retryable, ...rest } = options;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) return `has an unknown option "${unknown}"`;
  if (!isCount(attempts)) return "has no whole number of attempts";
  if (!isWait(initialMs) || !isWait(maxMs)) return "has a wait that is no number of ms";
  if (!(typeof factor === "number" && factor >= 1)) return "has a factor below 1";
  if (!(typeof jitter === "number" && jitter >= 0 && jitter <= 1)) return "has a jitter outside 0 to 1";
  return retryable === undefined || typeof retryable === "function"
    ? undefined
    : "has a retryable that is no function";
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isWait(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
