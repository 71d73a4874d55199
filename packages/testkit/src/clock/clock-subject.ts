import type { Clock } from "@sage-kernel/core/spi";
import type { ContractBinding } from "../contract/contract.ts";
import { FakeClock } from "./fake-clock.ts";

/**
 * What the clock contract needs from an implementation. Its capabilities are `virtual` (time stands still except in
 * `advance`) and `pending` (the subject counts the timers that are set).
 */
export interface ClockSubject {
  readonly clock: Clock;
  /** Milliseconds that tell two moments apart; the cases wait for a few of them. */
  readonly unitMs: number;
  /** Lets `ms` go by and every timer fire that came due; a real clock really waits. */
  advance(ms: number): Promise<void>;
  /** How many timers are set; with the capability `pending`. */
  pending?(): number;
}

/** The subject for a fake clock, whose time the cases move. */
export function fakeClockSubject(clock: FakeClock): ClockSubject {
  return { clock, unitMs: 10, advance: (ms) => clock.advance(ms), pending: () => clock.pending };
}

/** The fake clock in front of the clock contract: the reference that the mutants change. */
export const fakeClockBinding: ContractBinding<ClockSubject> = {
  capabilities: ["virtual", "pending"],
  open: () => fakeClockSubject(new FakeClock()),
};
