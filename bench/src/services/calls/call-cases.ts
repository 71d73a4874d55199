import type { MaybePromise } from "@sage-kernel/core";
import type { BenchCase } from "../../harness/bench-case.ts";
import type { Load } from "../../harness/drive.ts";
import { rateCase } from "../../harness/rate-case.ts";

/** The method that is called: it answers the next number. */
export type Method = (n: number) => MaybePromise<number>;

/** A running service. */
export interface Callee {
  /** Calls its method. */
  call(n: number): Promise<number>;
  /** Ends it. */
  close?(): Promise<void>;
}

/** A contender's cases: a method that answers at once or a promise, and how many callers there are. */
export interface CallCases {
  readonly sync1: BenchCase;
  readonly sync64: BenchCase;
  readonly async1: BenchCase;
  readonly async64: BenchCase;
}

/** What happens to each answer. */
type Take = (answer: number) => void;

const sync: Method = (n) => n + 1;
const async: Method = async (n) => n + 1;

/** Makes the cases of a contender: calls per second. */
export function callCases(open: (method: Method) => Callee | Promise<Callee>): CallCases {
  return {
    sync1: callCase(() => open(sync), 1),
    sync64: callCase(() => open(sync), 64),
    async1: callCase(() => open(async), 1),
    async64: callCase(() => open(async), 64),
  };
}

function callCase(open: () => Callee | Promise<Callee>, callers: number): BenchCase {
  return rateCase(async () => {
    const callee = await open();
    return {
      run: (numbers, take) => callAll(callee, callers, numbers, take),
      close: async () => callee.close?.(),
    };
  }, prepareCalls);
}

/** Calls once with each number: so many callers take the next one when their last call was answered. */
async function callAll(
  callee: Callee,
  callers: number,
  numbers: readonly number[],
  take: Take,
): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < numbers.length) take(await callee.call(numbers[next++] as number));
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

function prepareCalls(size: number): Load<number, Take> {
  const numbers = Array.from({ length: size }, (_, n) => n);
  const expected = (size * (size + 1)) / 2;
  return {
    records: numbers,
    begin() {
      let count = 0;
      let sum = 0;
      return {
        steps: (answer) => {
          count++;
          sum += answer;
        },
        verify() {
          if (count === size && sum === expected) return;
          throw new Error(
            `wrong result: ${count} answers with the sum ${sum}, not ${size} with the sum ${expected}`,
          );
        },
      };
    },
  };
}
