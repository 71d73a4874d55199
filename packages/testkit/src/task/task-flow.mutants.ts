import { hasCode } from "@sage-kernel/core";
import { Batch, type CommitOutcome } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";
import { commitMutant, inboxMutant, taskMutant } from "./task-mutant.ts";

/** Mutants of pressure, pauses and keys, and of several tasks together. */
export const taskFlowMutants: readonly Mutant<TaskFactorySubject>[] = [
  commitMutant("TM-90", "takes more although its receiver is full", ["T-41"], (right) => (unit) => {
    const outcome = right.commit(unit) as CommitOutcome;
    if (outcome.code !== "applied") return outcome;
    outcome.delivered?.then(undefined, () => undefined);
    return { code: "applied" };
  }),
  commitMutant("TM-91", "loses once what does not fit", ["T-41"], (right) => {
    let lost = false;
    return (unit) => {
      const outputs = unit.outputs.filter(({ queue, batch }) => {
        const size = queue.size();
        const misfit = typeof size === "number" && size + batch.payloads.length > queue.descriptor.capacity;
        if (!misfit || lost) return true;
        lost = true;
        return false;
      });
      return right.commit({ ...unit, outputs });
    };
  }),
  commitMutant("TM-92", "never commits its input", ["T-41", "T-40"], (right) => (unit) => {
    return right.commit({ ...unit, position: undefined });
  }),
  inboxMutant("TM-93", "forgets keys", ["T-39"], (right) => ({
    async take(max, signal) {
      const delivery = await right.take(max, signal);
      const batches = delivery.batches.map(
        ({ channel, firstSeq, payloads, headers, stop }) =>
          new Batch(channel, firstSeq, payloads, undefined, headers, stop),
      );
      return { ...delivery, batches };
    },
    positionAfter: (delivery) => delivery.position,
  })),
  taskMutant("TM-94", "does not pause", ["T-42", "T-43", "T-52"], () => ({ pause: () => Promise.resolve() })),
  taskMutant("TM-95", "pauses, but says so before the record in flight is done", ["T-43"], (right) => ({
    pause: async () => void right.pause(),
  })),
  taskMutant("TM-96", "waits for a record before it is paused", ["T-43"], (right) => ({
    async pause() {
      const before = right.report().ledger.received;
      await right.pause();
      if (right.report().ledger.received === before) await new Promise(() => undefined);
    },
  })),
  taskMutant("TM-97", "does not go on", ["T-42", "T-43", "T-52"], () => ({ resume: () => undefined })),
  taskMutant("TM-98", "starts over when it is told to go on", ["T-53"], (right, { inbox }) => ({
    resume() {
      void inbox.rewind(undefined);
      right.resume();
    },
  })),
  taskMutant("TM-99", "cannot be cancelled while it is paused", ["T-44"], (right) => {
    let paused = false;
    return {
      pause() {
        paused = true;
        return right.pause();
      },
      resume() {
        paused = false;
        right.resume();
      },
      cancel: () => (paused ? right.done : right.cancel()),
    };
  }),
  taskMutant("TM-100", "gives up when others are drained", ["T-50", "T-53"], (right) => ({
    drain: () => void right.cancel(),
  })),
  taskMutant("TM-101", "does not drain", ["T-53"], () => ({ drain: () => undefined })),
  taskMutant("TM-102", "takes an overflowing loop for one that has ended", ["T-51"], ({ done }) => ({
    done: done.then((outcome) =>
      outcome.state === "failed" && hasCode(outcome.error, "LOOP_OVERFLOW")
        ? { state: "completed" }
        : outcome,
    ),
  })),
  taskMutant(
    "TM-103",
    "goes on to the end of its delivery when it is paused",
    ["T-54", "T-55"],
    (right, { host }) => ({
      async pause() {
        while (right.report().ledger.inFlight > 0) await host.clock.sleep(10);
        await right.pause();
      },
    }),
  ),
];
