import type { Mutant } from "../contract/mutant.ts";
import { queueCapacityMutants } from "./queue-capacity.mutants.ts";
import { queueContentMutants } from "./queue-content.mutants.ts";
import { queueEndMutants } from "./queue-end.mutants.ts";
import { queueOrderMutants } from "./queue-order.mutants.ts";
import type { QueueSubject } from "./queue-subject.ts";
import { queueWaitingMutants } from "./queue-waiting.mutants.ts";

/** Minimal wrong queues, each caught by the queue contract. */
export const queueMutants: readonly Mutant<QueueSubject>[] = [
  ...queueContentMutants,
  ...queueOrderMutants,
  ...queueCapacityMutants,
  ...queueWaitingMutants,
  ...queueEndMutants,
];
