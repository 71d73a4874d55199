import { settle } from "../clock/fake-clock.ts";
import type { ContractCase, SubjectSource } from "./contract.ts";

/**
 * Turns of the event loop that a case gets where nothing outside of it is waited for. The cases of the testkit need
 * some dozens.
 */
export const defaultTurns = 1000;

/**
 * Runs one case against a fresh subject, which is closed in any case.
 *
 * @throws what the case throws; with `turns`, an error that says "did not settle" when the case, with opening and
 * closing, takes more turns of the event loop.
 */
export function runCase<Subject>(
  contractCase: ContractCase<Subject>,
  source: SubjectSource<Subject>,
  runId: string,
  turns?: number,
): Promise<void> {
  const running = openAndRun(contractCase, source, runId);
  return turns === undefined ? running : settledWithin(turns, running);
}

/**
 * Runs a case that is known to fail.
 *
 * @throws Error when it passes: the deviation is gone and must be taken off the list.
 */
export async function runDeviation<Subject>(
  contractCase: ContractCase<Subject>,
  source: SubjectSource<Subject>,
  runId: string,
  reason: string,
  turns?: number,
): Promise<void> {
  const kept = await runCase(contractCase, source, runId, turns).then(
    () => true,
    () => false,
  );
  if (kept)
    throw new Error(`${contractCase.id} passes: take it off the list of deviations (it says "${reason}")`);
}

/**
 * What `operation` settles with, if it does within a number of turns of the event loop.
 *
 * This needs no clock: an operation that waits only for promises and for `setImmediate` makes progress in every turn,
 * so one that has not settled after many turns waits for something that nobody does. It proves nothing about what
 * waits for timers, sockets or other processes, and cannot end a loop that never gives the event loop a turn.
 *
 * @throws Error "did not settle" when it does not.
 */
export async function settledWithin<T>(turns: number, operation: Promise<T>): Promise<T> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  operation.then(note, note);
  for (let turn = 0; !settled && turn < turns; turn++) await settle();
  if (!settled) throw new Error(`did not settle within ${turns} turns of the event loop`);
  return operation;
}

async function openAndRun<Subject>(
  contractCase: ContractCase<Subject>,
  source: SubjectSource<Subject>,
  runId: string,
): Promise<void> {
  const subject = await source.open({ caseId: contractCase.id, runId });
  try {
    await contractCase.run(subject);
  } finally {
    await source.close?.(subject);
  }
}
