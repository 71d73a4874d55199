import type { Mutant } from "../contract/mutant.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";
import { commitMutant, inboxMutant, operatorMutant, specMutant, taskMutant } from "./task-mutant.ts";

/** Mutants of failing records, and of records in flight. */
export const taskFaultMutants: readonly Mutant<TaskFactorySubject>[] = [
  specMutant("TM-30", "skips what should fail", ["T-04", "T-02"], ({ faults }) => ({
    faults: { ...faults, onExhausted: faults.onExhausted === "fail" ? "skip" : faults.onExhausted },
  })),
  specMutant("TM-31", "fails for what should be skipped or buried", ["T-33", "T-35"], ({ faults }) => ({
    faults: { ...faults, onExhausted: "fail" },
  })),
  commitMutant("TM-32", "loses dead letters", ["T-33", "T-35"], (right) => (unit) => {
    return right.commit({ ...unit, deadLetters: [] });
  }),
  specMutant("TM-33", "tries again at once", ["T-34", "T-15"], ({ faults }) => ({
    faults: { ...faults, initialMs: 0 },
  })),
  specMutant("TM-34", "does not try again", ["T-34", "T-35"], ({ faults }) => ({
    faults: { ...faults, attempts: 1 },
  })),
  specMutant("TM-35", "tries once more than it may", ["T-35"], ({ faults }) => ({
    faults: { ...faults, attempts: faults.attempts + 1 },
  })),
  specMutant("TM-36", "waits equally long before each attempt", ["T-34"], ({ faults }) => ({
    faults: { ...faults, factor: 1 },
  })),
  specMutant("TM-37", "tries again whatever the error", ["T-36"], ({ faults }) => ({
    faults: { ...faults, retryable: undefined },
  })),
  specMutant(
    "TM-38",
    "goes on behind a record that waits for its next attempt",
    ["T-34"],
    ({ faults, concurrency }) => ({
      concurrency: faults.attempts > 1 ? 3 : concurrency,
    }),
  ),
  specMutant("TM-39", "knows no time limit", ["T-37"], () => ({ timeoutMs: undefined })),
  operatorMutant("TM-40", "does not tell the function that its time is up", ["T-37", "T-06"], (right) => {
    const deaf = new AbortController().signal;
    return {
      open: (ctx) => right.open(ctx.withSignals(deaf)),
      invoke: ({ ctx, ...record }) => right.invoke({ ...record, ctx: ctx.withSignals(deaf) }),
    };
  }),
  inboxMutant("TM-41", "commits the whole delivery when it has done a part", ["T-04", "T-40"], () => ({
    positionAfter: (delivery) => delivery.position,
  })),
  taskMutant("TM-42", "loses the cause of its failure", ["T-04", "T-02"], ({ done }) => ({
    done: done.then((outcome) =>
      outcome.state === "failed" ? { ...outcome, error: new Error(String(outcome.error)) } : outcome,
    ),
  })),
  specMutant("TM-44", "has one record in flight, however many it may", ["T-05", "T-38", "T-39"], () => ({
    concurrency: 1,
  })),
  specMutant("TM-45", "has a record too many in flight", ["T-05"], ({ concurrency }) => ({
    concurrency: concurrency > 1 ? concurrency + 1 : 1,
  })),
  specMutant("TM-46", "lets out what is ready although the order counts", ["T-05"], () => ({
    ordered: false,
  })),
  specMutant("TM-47", "keeps the order although it does not count", ["T-38"], () => ({ ordered: true })),
  specMutant("TM-48", "withholds what is done while it waits", ["T-40"], ({ limits }) => ({
    limits: { ...limits, maxBatchMs: 1e9 },
  })),
  operatorMutant("TM-49", "does not wait for what a function promises", ["T-10", "T-05"], (right) => ({
    run(batch, from, to, out, cursor) {
      right.run(batch, from, to, out, cursor);
      for (let next = cursor.index; next < to; next = cursor.index) {
        void Promise.resolve(cursor.answer).catch(() => undefined);
        cursor.index = next + 1;
        if (cursor.index < to) right.run(batch, cursor.index, to, out, cursor);
      }
    },
  })),
];
