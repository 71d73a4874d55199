import { SageError } from "../errors/sage-error.ts";
import type { Clock } from "../host/clock.port.ts";
import { encodePayload } from "../packet/json-payload.ts";
import type { ServiceRequest } from "../service/service-message.ts";

/** What became of a call that is repeated. */
export type CallOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

/** Who is told of it. */
export type OutcomeListener = (outcome: CallOutcome) => void;

interface Entry {
  readonly fingerprint: string;
  /** Who waits for the call that runs; `undefined` once it has ended. */
  listeners: OutcomeListener[] | undefined;
  outcome: CallOutcome | undefined;
  expiresAt: number;
}

/** How long a result is kept, in ms, and how many are. */
const ttlMs = 600_000;
const maxEntries = 10_000;

/**
 * Calls that may be repeated, by their idempotency keys: a repetition joins the call that runs, or gets the result of
 * the one that has ended, without running again. A call that has failed is forgotten, so that a repetition runs.
 */
export class IdempotencyWindow {
  readonly #clock: Clock;
  /** The oldest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls that it remembers. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Answers whether a request with a key must run; otherwise `listener` hears what became of the call that it repeats.
   *
   * @throws SageError `IDEMPOTENCY_CONFLICT` when the key belongs to another call; `NOT_SERIALIZABLE`.
   */
  admit(key: string, { method, args }: ServiceRequest, listener: OutcomeListener): boolean {
    const now = this.#clock.monotonic();
    this.#forget(now);
    const fingerprint = JSON.stringify([method, encodePayload(args, "args")]);
    const known = this.#entries.get(key);
    if (known === undefined) {
      const expiresAt = Number.POSITIVE_INFINITY; // not while it runs
      this.#entries.set(key, { fingerprint, listeners: [], outcome: undefined, expiresAt });
      return true;
    }
    if (known.fingerprint !== fingerprint) throw new SageError("IDEMPOTENCY_CONFLICT", { key, method });
    if (known.outcome !== undefined) listener(known.outcome);
    else known.listeners?.push(listener);
    return false;
  }

  /** The call with this key has ended. */
  settle(key: string, outcome: CallOutcome): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const listeners = entry.listeners ?? [];
    this.#entries.delete(key);
    if (outcome.ok) {
      const expiresAt = this.#clock.monotonic() + ttlMs;
      this.#entries.set(key, { ...entry, listeners: undefined, outcome, expiresAt }); // now the youngest
    }
    for (const listener of listeners) listener(outcome);
  }

  /** Drops what is too old, and the oldest results beyond the limit; calls that run stay. */
  #forget(now: number): void {
    for (const [key, { expiresAt, outcome }] of this.#entries) {
      if (outcome === undefined) continue;
      if (expiresAt > now && this.#entries.size < maxEntries) return;
      this.#entries.delete(key);
    }
  }
}
