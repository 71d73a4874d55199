import { expect } from "vitest";
import type { CallResult, OutgoingCall } from "../src/service/call-interceptor.ts";

/** Calls through an interceptor that begin, end and are cancelled when a plan says so. `End` is how an attempt ends. */
export class PlannedCalls<End> {
  readonly aborts: AbortController[] = [];
  /** Ids of the calls that have come through. */
  readonly begun: number[] = [];
  /** What each call must end with, as far as that is decided, and what it has ended with. */
  readonly due = new Map<number, unknown>();
  readonly ended = new Map<number, unknown[]>();
  /** How to end those that have come through and have not ended. */
  readonly flying = new Map<number, (end: End) => void>();
  readonly #waits: boolean;

  constructor(overflow: "wait" | "reject") {
    this.#waits = overflow === "wait";
  }

  /** Calls that have neither come through nor ended. */
  get waiting(): number[] {
    return [...this.ended.keys()].filter((id) => this.ended.get(id)?.length === 0 && !this.flying.has(id));
  }

  /** Makes a call; answers its id. */
  call(intercept: (call: OutgoingCall, id: number) => Promise<CallResult>): number {
    const id = this.aborts.push(new AbortController()) - 1;
    const { signal } = this.aborts[id] as AbortController;
    this.ended.set(id, []);
    const facts = { service: "s", method: "m", args: [], deadline: 0, timeoutMs: 0, idempotent: false };
    const settled = (end: unknown): void => void this.ended.get(id)?.push(end);
    intercept({ ...facts, signal }, id).then(({ value }) => settled(value), settled);
    return id;
  }

  /** One of those that have come through, if there is one. */
  pick(n: number): number | undefined {
    return [...this.flying.keys()][n % this.flying.size];
  }

  /** Ends an attempt, upon which its call must end with `outcome`. */
  end(id: number | undefined, end: End, outcome: unknown): void {
    if (id === undefined) return;
    this.due.set(id, outcome);
    this.flying.get(id)?.(end);
    this.flying.delete(id);
  }

  /** Gives up one of the calls that have not ended; `endOf` is how an attempt ends then. */
  cancel(n: number, endOf: (reason: Error) => End): void {
    const waits = (id: number): boolean =>
      this.#waits && this.ended.get(id)?.length === 0 && !this.due.has(id);
    const open = [...this.ended.keys()].filter((id) => this.flying.has(id) || waits(id));
    const id = open[n % open.length];
    if (id === undefined) return;
    const reason = new Error("cancelled");
    this.aborts[id]?.abort(reason);
    this.end(id, endOf(reason), reason);
  }
}

/**
 * Fails unless calls have come through in their order, each once, and only those that wait listen to their signals;
 * `listeners` counts who listens to one.
 */
export function expectInOrder(
  { begun, aborts, waiting }: PlannedCalls<never>,
  listeners: (signal: AbortSignal) => number,
): void {
  expect(begun).toEqual([...new Set(begun)].sort((a, b) => a - b));
  const heard = aborts.flatMap(({ signal }, id) => Array.from({ length: listeners(signal) }, () => id));
  expect(heard).toEqual(waiting);
}

/** Fails unless each call has ended once: as it must, or with `refused` where it has never come through. */
export function expectEnds({ ended, due }: PlannedCalls<never>, refused: unknown): void {
  for (const [id, ends] of ended) expect(ends).toEqual([due.has(id) ? due.get(id) : refused]);
}
