import type { ErrorCode } from "../errors/catalog.ts";
import { isSageError } from "../errors/sage-error.ts";
import type { Random } from "../host/random.port.ts";

/** Restarts a number of times, always after the same wait. */
export interface FixedDelayRestart {
  readonly kind: "fixedDelay";
  /** Restarts in all; an integer of at least 1. Default 3. */
  readonly attempts?: number;
  /** Wait before each restart, in ms. Default 10,000. */
  readonly delayMs?: number;
}

/** Restarts after waits that grow while failures follow each other, and are short again after a quiet time. */
export interface ExponentialRestart {
  readonly kind: "exponential";
  /** Restarts without a quiet time in between; an integer of at least 1. Default: no limit. */
  readonly attempts?: number;
  /** Wait before the first restart, in ms. Default 1,000. */
  readonly initialMs?: number;
  /** Longest wait, in ms. Default 60,000. */
  readonly maxMs?: number;
  /** By what each further wait is multiplied; at least 1. Default 2. */
  readonly factor?: number;
  /** Share of each wait, from 0 to 1, that chance may take away. Default 0.1. */
  readonly jitter?: number;
  /**
   * From which time between two failures on the waits and the attempts start over, in ms; above 0. Default 600,000.
   * The wait is part of that time, so choose it well above `maxMs`.
   */
  readonly resetAfterMs?: number;
}

/** Restarts after the same wait, as long as failures are rare. */
export interface FailureRateRestart {
  readonly kind: "failureRate";
  /** Most failures within `intervalMs`; an integer of at least 1. Default 3. */
  readonly failures?: number;
  /** Length of the sliding window, in ms; above 0. Default 300,000. */
  readonly intervalMs?: number;
  /** Wait before each restart, in ms. Default 10,000. */
  readonly delayMs?: number;
}

/** Whether, how often and how late something that failed is started again. A JSON value. */
export type RestartStrategy = "none" | FixedDelayRestart | ExponentialRestart | FailureRateRestart;

/** The strategy of a step that asks for restarts where nobody says how. */
export const defaultRestart: RestartStrategy = { kind: "exponential", attempts: 10 };

/** What is wrong with a strategy, in words; `undefined` when nothing is. */
export function restartProblemOf(strategy: unknown): string | undefined {
  if (strategy === "none") return undefined;
  if (typeof strategy !== "object" || strategy === null || !("kind" in strategy))
    return "is none of the restart strategies";
  const { kind, ...options } = strategy as Record<string, unknown>;
  const rules = typeof kind === "string" ? optionRules.get(kind) : undefined;
  if (rules === undefined) return "has an unknown kind";
  for (const [name, value] of Object.entries(options)) {
    const rule = rules.get(name);
    if (rule === undefined) return `has an unknown option "${name}"`;
    if (value !== undefined && !rule.accepts(value)) return rule.problem(name);
  }
  return undefined;
}

/** The counters of one strategy: told of each failure, it says when to restart and when to give up. */
export class RestartPolicy {
  readonly #counter: FailureCounter;
  #restarts = 0;

  /** `strategy` is one that {@link restartProblemOf} has no objection to; `random` is drawn from for jitter only. */
  constructor(strategy: RestartStrategy, random: Random) {
    this.#counter = counterOf(strategy, random);
  }

  /** Restarts allowed so far. A quiet time does not reset it. */
  get restarts(): number {
    return this.#restarts;
  }

  /**
   * Counts a failure at `nowMs`, the time of a monotonic clock in ms. Answers how long to wait before the restart, in
   * ms, or `undefined` when there shall be none.
   */
  failed(nowMs: number): number | undefined {
    const waitMs = this.#counter.failed(nowMs);
    if (waitMs !== undefined) this.#restarts++;
    return waitMs;
  }

  /** The strategy as a phrase for messages, such as `fixed delay, 3 attempts`. */
  describe(): string {
    return this.#counter.phrase;
  }
}

/** Codes of errors that a restart cannot cure: wrong use, a broken invariant, a full buffer, or a wish to stop. */
export const nonRestartableCodes: readonly ErrorCode[] = [
  "PROTOCOL_VIOLATION",
  "FENCED",
  "LOOP_OVERFLOW",
  "DEAD_LETTERS_FULL",
  "QUEUE_CLOSED",
  "INVALID_OPTION",
  "GRAPH_INVALID",
  "LEDGER_UNBALANCED",
  "CANCELLED",
  "ILLEGAL_STATE",
  "DESCRIPTOR_CONFLICT",
  "UNKNOWN_DESCRIPTOR_KIND",
  "INVALID_DESCRIPTOR",
  "SOURCE_CONSUMED",
  "INPUT_NOT_REPLAYABLE",
  "STORE_TORN",
];

/** Tells whether a restart may cure `error`. Looks at the error's own code, not at its cause. */
export function isRestartable(error: unknown): boolean {
  return !isSageError(error) || !nonRestartableCodes.includes(error.code);
}

interface FailureCounter {
  readonly phrase: string;
  failed(nowMs: number): number | undefined;
}

function counterOf(strategy: RestartStrategy, random: Random): FailureCounter {
  if (strategy === "none") return { phrase: "no restart", failed: () => undefined };
  switch (strategy.kind) {
    case "fixedDelay":
      return fixedDelay(strategy);
    case "exponential":
      return exponential(strategy, random);
    case "failureRate":
      return failureRate(strategy);
  }
}

function fixedDelay({ attempts = 3, delayMs = 10_000 }: FixedDelayRestart): FailureCounter {
  let used = 0;
  return {
    phrase: `fixed delay, ${limitOf(attempts)}`,
    failed: () => (used++ < attempts ? delayMs : undefined),
  };
}

function exponential(strategy: ExponentialRestart, random: Random): FailureCounter {
  const { attempts = Number.POSITIVE_INFINITY, initialMs = 1000, maxMs = 60_000, factor = 2 } = strategy;
  const { jitter = 0.1, resetAfterMs = 600_000 } = strategy;
  let used = 0;
  let failedAt = Number.NEGATIVE_INFINITY;
  return {
    phrase: `exponential delay, ${limitOf(attempts)}`,
    failed(nowMs) {
      if (nowMs - failedAt >= resetAfterMs) used = 0;
      failedAt = nowMs;
      if (used >= attempts) return undefined;
      // The power becomes infinite in the end, and an initial wait of 0 times infinity is no number.
      const full = Math.min(maxMs, initialMs * Math.min(factor ** used++, Number.MAX_VALUE));
      return jitter === 0 ? full : full * (1 - jitter * random.next());
    },
  };
}

function failureRate(strategy: FailureRateRestart): FailureCounter {
  const { failures = 3, intervalMs = 300_000, delayMs = 10_000 } = strategy;
  /** The last failures, at most `failures` of them, oldest first. */
  const times: number[] = [];
  return {
    phrase: `failure rate, ${failures} in ${intervalMs} ms`,
    failed(nowMs) {
      const oldest = times.length < failures ? undefined : times.shift();
      times.push(nowMs);
      return oldest === undefined || nowMs - oldest > intervalMs ? delayMs : undefined;
    },
  };
}

function limitOf(attempts: number): string {
  if (attempts === Number.POSITIVE_INFINITY) return "no limit";
  return attempts === 1 ? "1 attempt" : `${attempts} attempts`;
}

interface OptionRule {
  accepts(value: unknown): boolean;
  problem(option: string): string;
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

const count: OptionRule = {
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  problem: (option) => `has no whole number of ${option}`,
};
const wait: OptionRule = {
  accepts: (value) => isNumber(value) && value >= 0,
  problem: (option) => `has no number of ms in "${option}"`,
};
const period: OptionRule = {
  accepts: (value) => isNumber(value) && value > 0,
  problem: (option) => `has no number of ms above 0 in "${option}"`,
};
const growth: OptionRule = {
  accepts: (value) => isNumber(value) && value >= 1,
  problem: (option) => `has no finite ${option} of at least 1`,
};
const share: OptionRule = {
  accepts: (value) => isNumber(value) && value >= 0 && value <= 1,
  problem: (option) => `has a ${option} outside 0 to 1`,
};

type OptionsOf<S extends { readonly kind: string }> = Record<Exclude<keyof S, "kind">, OptionRule>;

const rulesOf = <S extends { readonly kind: string }>(rules: OptionsOf<S>): ReadonlyMap<string, OptionRule> =>
  new Map(Object.entries<OptionRule>(rules));

const optionRules: ReadonlyMap<string, ReadonlyMap<string, OptionRule>> = new Map([
  ["fixedDelay", rulesOf<FixedDelayRestart>({ attempts: count, delayMs: wait })],
  [
    "exponential",
    rulesOf<ExponentialRestart>({
      attempts: count,
      initialMs: wait,
      maxMs: wait,
      factor: growth,
      jitter: share,
      resetAfterMs: period,
    }),
  ],
  ["failureRate", rulesOf<FailureRateRestart>({ failures: count, intervalMs: period, delayMs: wait })],
]);
