import { hasCode } from "@sage-kernel/core";
import type { OutputGroup, Partitioner, PartitionerFactory } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { changedRouter, dealing, groupMutant, routerMutant } from "./router-mutant.ts";
import type { RouterPlan, RouterSubject } from "./router-subject.ts";

/** Answers in the place of a partitioner whose answer is refused. */
function insteadOf(answer: (refused: unknown) => readonly number[] | undefined) {
  return ({ select }: OutputGroup, right: OutputGroup): Partial<OutputGroup> => ({
    select(records, index) {
      try {
        return select?.call(right, records, index) ?? [];
      } catch (error) {
        const instead = answer(error);
        if (instead === undefined) throw error;
        return instead;
      }
    },
  });
}

/** A plan whose partitioners are changed. */
function partitioners(
  { edges, ...plan }: RouterPlan,
  change: (create: PartitionerFactory) => PartitionerFactory,
) {
  const changed = edges.map(({ partitioner, ...edge }) =>
    partitioner === undefined ? edge : { ...edge, partitioner: change(partitioner) },
  );
  return { ...plan, edges: changed };
}

/** A plan whose partitioners answer something else. */
function answering(plan: RouterPlan, select: (right: Partitioner) => Partitioner["select"]): RouterPlan {
  return partitioners(plan, (create) => () => ({ select: select(create()) }));
}

/** Mutants around partitioners of the user's own, and around what is refused. */
export const routerCustomMutants: readonly Mutant<RouterSubject>[] = [
  groupMutant(
    "RM-20",
    "sends a record to the first instance when the answer is wrong",
    ["R-12"],
    "custom",
    (right) => insteadOf((refused) => (hasCode(refused, "INVALID_ROUTE") ? [0] : undefined))(right, right),
  ),
  groupMutant("RM-21", "drops a record when the answer is wrong", ["R-12"], "custom", (right) =>
    insteadOf((refused) => (hasCode(refused, "INVALID_ROUTE") ? [] : undefined))(right, right),
  ),
  groupMutant("RM-22", "drops a record when the partitioner throws", ["R-08"], "custom", (right) =>
    insteadOf((refused) => (hasCode(refused, "INVALID_ROUTE") ? undefined : []))(right, right),
  ),
  routerMutant("RM-23", "takes the first of some equal answers", ["R-12"], () => ({
    plan: (plan) =>
      answering(plan, (right) => (packet, targets) => {
        const answer = right.select(packet, targets);
        return Array.isArray(answer) && answer.length > 0 ? [...new Set(answer)] : answer;
      }),
  })),
  routerMutant("RM-24", "rounds what is no whole number", ["R-12"], () => ({
    plan: (plan) =>
      answering(plan, (right) => (packet, targets) => {
        const answer = right.select(packet, targets);
        return typeof answer === "number" ? Math.trunc(answer) : answer;
      }),
  })),
  routerMutant("RM-25", "remembers where a refused record would have gone", ["R-08"], () => ({
    router: (right) =>
      changedRouter(right, {
        select(records, from) {
          const before = records.routes?.length ?? 0;
          try {
            right.select(records, from);
          } catch (error) {
            records.routes?.unshift(...Array.from({ length: before === 0 ? 0 : 1 }, () => [[0]]));
            throw error;
          }
        },
      }),
  })),
  routerMutant("RM-26", "wraps what a partitioner throws into an error of its own", ["R-08"], () => ({
    plan: (plan) =>
      answering(plan, (right) => (packet, targets) => {
        try {
          return right.select(packet, targets);
        } catch (cause) {
          throw new Error("a partitioner failed", { cause });
        }
      }),
  })),
  routerMutant("RM-27", "hides headers from partitioners", ["R-22"], () => ({
    plan: (plan) =>
      answering(
        plan,
        (right) => (packet, targets) => right.select({ ...packet, headers: undefined }, targets),
      ),
  })),
  routerMutant("RM-28", "tells partitioners of input 0 only", ["R-22"], () => ({
    plan: (plan) =>
      answering(plan, (right) => (packet, targets) => right.select({ ...packet, inputIndex: 0 }, targets)),
  })),
  routerMutant("RM-29", "shows partitioners the instances backwards", ["R-22"], () => ({
    plan: (plan) =>
      answering(plan, (right) => (packet, targets) => right.select(packet, [...targets].reverse())),
  })),
  routerMutant("RM-30", "has one partitioner for all senders", ["R-23"], () => {
    const known = new Map<PartitionerFactory, Partitioner>();
    return {
      plan: (plan) =>
        partitioners(plan, (create) => () => {
          const one = known.get(create) ?? create();
          known.set(create, one);
          return one;
        }),
    };
  }),
  routerMutant("RM-31", "asks a partitioner twice", ["R-23"], () => ({
    plan: (plan) =>
      answering(plan, (right) => (packet, targets) => {
        right.select(packet, targets);
        return right.select(packet, targets);
      }),
  })),
  groupMutant("RM-32", "sends to the first of several instances only", ["R-24"], "custom", (right) => ({
    select: (records, index) => (right.select?.(records, index) ?? []).slice(0, 1),
  })),
  groupMutant("RM-33", "gives several instances the same object", ["R-24"], "custom", (right) =>
    dealing(
      right,
      (payload) => payload,
      (i, { routes }) => routes?.[i]?.[0] ?? [],
    ),
  ),
  routerMutant("RM-34", "lets records out that cannot cross a process", ["R-25"], () => ({
    plan: (plan) => ({ ...plan, strict: false }),
  })),
  routerMutant("RM-35", "refuses a unit for one record that cannot cross a process", ["R-25"], () => ({
    router: (right) =>
      changedRouter(right, {
        select(records, from) {
          try {
            right.select(records, from);
          } catch (error) {
            records.clear();
            throw error;
          }
        },
      }),
  })),
];
