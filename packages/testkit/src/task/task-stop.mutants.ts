import { type SageError as Sage, SageError } from "@sage-kernel/core";
import {
  Batch,
  type Delivery,
  type Inbox,
  isPromiseLike,
  type MaybePromise,
  type Output,
  RecordBuffer,
  type TaskSpec,
} from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";
import { commitMutant, inboxMutant, operatorMutant, stopMutant } from "./task-mutant.ts";

/** The stop signal of a channel. */
const stopOf = (channel: number, source: string, seq = 0): Batch =>
  new Batch(channel, seq, [], undefined, undefined, { source, time: 0 });

/** A mutant that reads its input otherwise, delivery by delivery. */
function readingMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (spec: TaskSpec) => (batches: readonly Batch[], delivery: Delivery) => readonly Batch[],
): Mutant<TaskFactorySubject> {
  return inboxMutant(id, title, breaks, (right, spec) => {
    const read = wrong(spec);
    const take = (max: number, signal?: AbortSignal): MaybePromise<Delivery> => {
      const taken = right.take(max, signal);
      return isPromiseLike(taken) ? taken.then((delivery) => change(delivery, max)) : change(taken, max);
    };
    const change = (delivery: Delivery, max: number): MaybePromise<Delivery> => {
      const batches = read(delivery.batches, delivery);
      return batches.length === 0 && !delivery.done ? take(max) : { ...delivery, batches };
    };
    const positionAfter: Inbox["positionAfter"] = (delivery) => delivery.position;
    return { take, positionAfter };
  });
}

const refusal = (node: string, channel: number): Sage =>
  new SageError("PROTOCOL_VIOLATION", { node, channel, problem: "it stopped again" });

/** Mutants of how inputs and outputs end. */
export const taskStopMutants: readonly Mutant<TaskFactorySubject>[] = [
  readingMutant(
    "TM-60",
    "ends with the first stop signal",
    ["T-03", "T-07", "T-08", "T-09", "T-11"],
    ({ channels }) => {
      let ended = false;
      return (batches) => {
        const stop = batches.find((batch) => batch.stop !== undefined);
        if (stop === undefined || ended) return batches;
        ended = true;
        const others = channels.filter(({ channel }) => channel !== stop.channel && channel >= 0);
        return [...batches, ...others.map(({ channel, source }) => stopOf(channel, source))];
      };
    },
  ),
  operatorMutant("TM-61", "announces the end of an input twice", ["T-03", "T-11"], (right) => ({
    async endInput(index) {
      await right.endInput(index);
      await right.endInput(index);
    },
  })),
  operatorMutant("TM-62", "does not announce the end of an input", ["T-03", "T-45"], () => ({
    endInput: () => undefined,
  })),
  operatorMutant("TM-63", "announces the ends of all inputs when it finishes", ["T-45", "T-46"], (right) => {
    const ended: number[] = [];
    return {
      endInput: (index) => void ended.push(index),
      async finish(out, max) {
        for (const index of ended.splice(0)) await right.endInput(index);
        return right.finish(out, max);
      },
    };
  }),
  operatorMutant("TM-64", "does not wait for what the end of an input takes time for", ["T-46"], (right) => ({
    endInput: (index) => void right.endInput(index),
  })),
  operatorMutant("TM-65", "does not finish", ["T-03", "T-02"], () => ({ finish: () => true })),
  operatorMutant("TM-66", "emits the first part of its last outputs only", ["T-03"], (right) => ({
    async finish(out, max) {
      await right.finish(out, max);
      return true;
    },
  })),
  operatorMutant("TM-67", "finishes with its first input", ["T-03"], (right) => ({
    async endInput(index) {
      await right.endInput(index);
      await right.finish(new RecordBuffer(), 100);
    },
  })),
  stopMutant("TM-68", "stops its first receiver only", ["T-47"], ({ groups }) => (signal, outputs) => {
    const first = groups[0]?.connections[0];
    if (first !== undefined && !first.stopped) outputs.push(first.stop(signal));
  }),
  stopMutant("TM-69", "sends no stop signal", ["T-47", "T-07"], () => () => undefined),
  stopMutant("TM-70", "sends every stop signal twice", ["T-47"], (right) => (signal, outputs) => {
    const stops: Output[] = [];
    right.stop(signal, stops);
    outputs.push(...stops, ...stops);
  }),
  stopMutant("TM-71", "signs its stop signals with the name of its step", ["T-47"], (right, { step }) => {
    return ({ time }, outputs) => right.stop({ source: step, time }, outputs);
  }),
  commitMutant("TM-72", "holds its last outputs back until it has stopped", ["T-47"], (right) => {
    let held: readonly Output[] = [];
    return (unit) => {
      const stops = unit.outputs.some(({ batch }) => batch.stop !== undefined);
      const outputs = stops ? [...unit.outputs, ...held] : held;
      if (unit.outputs.length > 0) held = unit.outputs;
      else if (!stops) return right.commit(unit);
      return right.commit({ ...unit, outputs });
    };
  }),
  readingMutant(
    "TM-73",
    "takes the stop signal before the records in front of it",
    ["T-10", "T-15"],
    () => (batches) => {
      return batches.flatMap((batch) => {
        if (batch.stop === undefined || batch.payloads.length === 0) return [batch];
        return [
          stopOf(batch.channel, batch.stop.source, batch.firstSeq),
          batch.range(0, batch.payloads.length),
        ];
      });
    },
  ),
  readingMutant("TM-74", "fails when a stop signal comes again", ["T-11"], ({ id }) => {
    const stopped = new Set<number>();
    return (batches) => {
      for (const { channel, stop } of batches) {
        if (stop === undefined) continue;
        if (stopped.has(channel)) throw refusal(id, channel);
        stopped.add(channel);
      }
      return batches;
    };
  }),
  readingMutant("TM-75", "drops what comes behind a stop signal", ["T-48"], () => {
    const stopped = new Set<number>();
    return (batches) =>
      batches.filter(({ channel, stop }) => {
        const late = stopped.has(channel);
        if (stop !== undefined) stopped.add(channel);
        return !late;
      });
  }),
  readingMutant("TM-76", "takes everybody's stop signals", ["T-48"], ({ channels }) => (batches) => {
    return batches.map((batch) => {
      const source = channels.find(({ channel }) => channel === batch.channel)?.source;
      const { channel, firstSeq, payloads, keys, headers, stop } = batch;
      if (stop === undefined || source === undefined) return batch;
      return new Batch(channel, firstSeq, payloads, keys, headers, { ...stop, source });
    });
  }),
  readingMutant("TM-77", "drops what comes on channels that it does not know", ["T-48"], ({ channels }) => {
    const known = new Set(channels.map(({ channel }) => channel));
    return (batches) => batches.filter(({ channel }) => known.has(channel));
  }),
  readingMutant("TM-78", "does not look at sequence numbers", ["T-48"], () => {
    const next = new Map<number, number>();
    return (batches) =>
      batches.map(({ channel, payloads, keys, headers, stop }) => {
        const seq = next.get(channel) ?? 0;
        next.set(channel, seq + payloads.length);
        return new Batch(channel, seq, payloads, keys, headers, stop);
      });
  }),
  readingMutant(
    "TM-79",
    "takes a closed queue for the end of its input",
    ["T-49"],
    ({ channels }) =>
      (batches, { done }) => {
        if (!done || batches.length > 0) return batches;
        return channels.map(({ channel, source }) => stopOf(channel, source));
      },
  ),
];
