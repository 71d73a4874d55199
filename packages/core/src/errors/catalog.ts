import { type BuildProblem, listProblems } from "./build-problem.ts";
import { controlErrors } from "./control-catalog.ts";
import type { ErrorKind } from "./error-kind.ts";
import { serviceErrors } from "./service-catalog.ts";
import { storeErrors } from "./store-catalog.ts";

/** Every error code, with its kind and the sentence that is built from its facts. */
export const errorCatalog = {
  GRAPH_INVALID: {
    kind: "usage",
    text: (f: { readonly pipeline: string; readonly problems: readonly BuildProblem[] }) =>
      `Pipeline "${f.pipeline}" cannot be built (${f.problems.length} ${f.problems.length === 1 ? "problem" : "problems"}):${listProblems(f.problems)}`,
  },
  DELIVERY_UNAVAILABLE: {
    kind: "usage",
    text: (f: {
      readonly pipeline: string;
      readonly level: string;
      readonly problems: readonly BuildProblem[];
    }) =>
      `Pipeline "${f.pipeline}" cannot deliver ${f.level} (${f.problems.length} ${f.problems.length === 1 ? "reason" : "reasons"}):${listProblems(f.problems)}\nOr submit it with delivery: "auto", which takes the strongest level that it can have.`,
  },
  INVALID_OPTION: {
    kind: "usage",
    text: (f: { readonly path: string; readonly problem: string; readonly expected: string }) =>
      `Option "${f.path}" ${f.problem}. Expected ${f.expected}.`,
  },
  INVALID_SOURCE: {
    kind: "usage",
    text: (f: { readonly step: string; readonly got: string }) =>
      `Source "${f.step}" got ${f.got}. Accepted are an Iterable (not a string), an AsyncIterable such as a Node Readable, or a function that returns one.`,
  },
  SOURCE_CONSUMED: {
    kind: "usage",
    text: (f: { readonly step: string }) =>
      `Source "${f.step}" was given an iterator or async iterable that an earlier submission has already taken. Pass a function that returns a new one for each job: fromBatch(() => makeItems()).`,
  },
  MISSING_ADAPTER: {
    kind: "usage",
    text: (f: { readonly tokens: readonly string[] }) =>
      `The runtime lacks ${f.tokens.join(", ")}. Add an adapter that provides ${f.tokens.length === 1 ? "it" : "them"}, such as local() of @sage-kernel/adapter-local, to createRuntime({ adapters }).`,
  },
  DUPLICATE_DRIVER: {
    kind: "usage",
    text: (f: { readonly driver: string }) =>
      `Two queue drivers of kind "${f.driver}" are registered. Remove one of the adapters, or give one driver another kind.`,
  },
  UNKNOWN_DESCRIPTOR_KIND: {
    kind: "usage",
    text: (f: { readonly descriptor: string; readonly known: readonly string[] }) =>
      `No queue driver is registered for kind "${f.descriptor}" (known: ${f.known.join(", ") || "none"}). Add the adapter that provides it.`,
  },
  INVALID_DESCRIPTOR: {
    kind: "usage",
    text: (f: { readonly path: string; readonly problem: string }) =>
      `Queue descriptor is invalid at "${f.path}": ${f.problem}.`,
  },
  DESCRIPTOR_CONFLICT: {
    kind: "usage",
    text: (f: { readonly queue: string; readonly field: string }) =>
      `Queue "${f.queue}" is already open with another ${f.field}. Use the same descriptor everywhere, or withId(newId) for another queue.`,
  },
  QUEUE_CLOSED: {
    kind: "closed",
    text: (f: { readonly queue: string }) =>
      `Queue "${f.queue}" is closed and takes no more records. What was put before can still be taken.`,
  },
  QUEUE_UNAVAILABLE: {
    kind: "unavailable",
    text: (f: { readonly queue: string; readonly problem: string }) =>
      `Queue "${f.queue}" is out of reach: ${f.problem}. What was put into it and not read may be lost; open it again when its host can be reached.`,
  },
  INVALID_KEY: {
    kind: "usage",
    text: (f: { readonly got: string }) =>
      `A partition key must be a string, a finite number, a boolean, a bigint or null, but the key function returned ${f.got}. Build one value from the parts, for instance a template string.`,
  },
  MISSING_KEY: {
    kind: "usage",
    text: (f: { readonly step: string }) =>
      `A record without a key reached the hash-partitioned output of step "${f.step}". Put keyBy before it, or choose another partitioner.`,
  },
  INVALID_ROUTE: {
    kind: "usage",
    text: (f: { readonly step: string; readonly answer: string; readonly targets: number }) =>
      `The partitioner of step "${f.step}" answered ${f.answer}, but there are ${f.targets} targets. Answer an integer from 0 to ${f.targets - 1}, or a non-empty array of distinct ones.`,
  },
  INVALID_RESULT: {
    kind: "failed",
    text: (f: { readonly step: string; readonly expected: string; readonly got: string }) =>
      `The function of step "${f.step}" must return ${f.expected}, but it returned ${f.got}.`,
  },
  NOT_SERIALIZABLE: {
    kind: "usage",
    text: (f: { readonly path: string; readonly got: string }) =>
      `A record cannot leave its process: "${f.path}" is ${f.got}. Send plain data, arrays, Map, Set, Date, bigint, array buffers and typed arrays; turn anything else into these in a map before.`,
  },
  STATE_INVALID: {
    kind: "usage",
    text: (f: { readonly name: string; readonly path: string; readonly got: string }) =>
      `State "${f.name}" cannot hold "${f.path}": it is ${f.got}. Store JSON values that pass its schema, if it has one, or give the state a codec; delete() removes a value.`,
  },
  STATE_UNAVAILABLE: {
    kind: "usage",
    text: (f: { readonly step: string; readonly problem: string }) =>
      `Step "${f.step}" cannot use this state: ${f.problem}.`,
  },
  RECORD_TIMEOUT: {
    kind: "timeout",
    text: (f: { readonly node: string; readonly position: string; readonly timeoutMs: number }) =>
      `Task "${f.node}" gave up on record ${f.position} after ${f.timeoutMs} ms, its timeoutMs. Let the function give up when ctx.signal fires; allow more time, or retry.`,
  },
  LOOP_OVERFLOW: {
    kind: "full",
    text: (f: { readonly loop: string; readonly node: string; readonly limit: number }) =>
      `Loop "${f.loop}" has more than ${f.limit} records waiting at "${f.node}", its maxLoopRecords. It makes more records than it ends: filter them before fill(), or raise fromFuture(name, { maxLoopRecords }).`,
  },
  OPERATOR_FAILED: {
    kind: "failed",
    text: (f: {
      readonly node: string;
      readonly phase: string;
      readonly position?: string;
      readonly reason: string;
    }) =>
      `Task "${f.node}" failed in ${f.phase}${f.position === undefined ? "" : ` at record ${f.position}`}: ${f.reason}`,
  },
  RESTARTS_EXHAUSTED: {
    kind: "failed",
    text: (f: { readonly node: string; readonly strategy: string; readonly reason: string }) =>
      `Task "${f.node}" failed and may not be restarted again (${f.strategy}): ${f.reason}`,
  },
  DEAD_LETTERS_FULL: {
    kind: "full",
    text: (f: { readonly job: string; readonly capacity: number }) =>
      `Job "${f.job}" has ${f.capacity} dead letters, its limit. Look at job.deadLetters for the reasons; raise deadLetterCapacity in submit() if so many are expected, or let tasks wait for room with whenDeadLettersFull: "block".`,
  },
  REDRIVE_REFUSED: {
    kind: "usage",
    text: (f: { readonly job: string; readonly letter: string; readonly problem: string }) =>
      `Redriving the dead letter "${f.letter}" of job "${f.job}" was refused: ${f.problem}. Nothing was changed.`,
  },
  PROTOCOL_VIOLATION: {
    kind: "protocol",
    text: (f: { readonly node: string; readonly channel: number; readonly problem: string }) =>
      `Task "${f.node}" saw a protocol violation on channel ${f.channel}: ${f.problem}. The queue driver lost, repeated or reordered elements.`,
  },
  COMMIT_MISMATCH: {
    kind: "protocol",
    text: (f: { readonly node: string; readonly sequence: number }) =>
      `Commit ${f.sequence} of task "${f.node}" was refused: the store has come further, or not as far. The task starts over from what the store has.`,
  },
  COMMIT_UNANSWERED: {
    kind: "unavailable",
    text: (f: { readonly node: string; readonly reason: string }) =>
      `Nobody knows whether the last commit of task "${f.node}" was applied: ${f.reason}. The very same unit is committed again until that is known.`,
  },
  FENCED: {
    kind: "cancelled",
    text: (f: { readonly node: string; readonly epoch: number }) =>
      `Incarnation ${f.epoch} of task "${f.node}" has been replaced: a later one owns the task, and what this one still did is dropped.`,
  },
  INPUT_VANISHED: {
    kind: "protocol",
    text: (f: { readonly node: string }) =>
      `The store has lost input that task "${f.node}" had read already. The task starts over from what the store has.`,
  },
  INPUT_NOT_REPLAYABLE: {
    kind: "protocol",
    text: (f: { readonly node: string; readonly kept: number; readonly wanted: number }) =>
      `Source "${f.node}" cannot be read again from element ${f.wanted}: it is at ${f.kept} and does not go back. Read it with fromReplayable(), which can, where its job is to go on after a crash.`,
  },
  LEDGER_UNBALANCED: {
    kind: "internal",
    text: (f: { readonly job: string; readonly problems: readonly string[] }) =>
      `Job "${f.job}" completed, but its ledger does not balance: ${f.problems.join("; ")}.`,
  },
  SNAPSHOT_REFUSED: {
    kind: "unavailable",
    text: (f: { readonly job: string; readonly problem: string }) =>
      `No snapshot can be taken of job "${f.job}": ${f.problem}.`,
  },
  SNAPSHOT_MISMATCH: {
    kind: "usage",
    text: (f: { readonly pipeline: string; readonly problems: readonly BuildProblem[] }) =>
      `Pipeline "${f.pipeline}" cannot go on from this snapshot:${listProblems(f.problems)}`,
  },
  SNAPSHOT_INVALID: {
    kind: "usage",
    text: (f: { readonly path: string; readonly problem: string }) =>
      `The snapshot is invalid at "${f.path}": it ${f.problem}. Pass what job.snapshot() returned, unchanged.`,
  },
  JOB_NOT_FOUND: {
    kind: "usage",
    text: (f: { readonly job: string }) => `There is no job "${f.job}". jobs.list() names those there are.`,
  },
  STOP_TIMEOUT: {
    kind: "timeout",
    text: (f: {
      readonly job: string;
      readonly timeoutMs: number;
      readonly drain: boolean;
      readonly blocked: readonly string[];
    }) =>
      `Job "${f.job}" did not stop within ${f.timeoutMs} ms. Still running:${f.blocked.map((task) => `\n  - ${task}`).join("") || " nothing that can be named"}\n${
        f.drain
          ? "It goes on draining. Wait longer, or give up what is left with stop({ drain: false })."
          : "What was cancelled does not settle. Let user code give up when ctx.signal fires."
      }`,
  },
  ...serviceErrors,
  ...controlErrors,
  ...storeErrors,
  RUNTIME_CLOSED: {
    kind: "closed",
    text: (f: { readonly operation: string }) =>
      `The runtime is closed, so ${f.operation} is refused. Create another with createRuntime().`,
  },
  CANCELLED: {
    kind: "cancelled",
    text: (f: { readonly what: string }) => `${f.what} was cancelled.`,
  },
  ILLEGAL_STATE: {
    kind: "internal",
    text: (f: { readonly what: string; readonly from: string; readonly to: string }) =>
      `${f.what} cannot go from "${f.from}" to "${f.to}".`,
  },
  FOREIGN: {
    kind: "failed",
    text: (f: { readonly name: string; readonly message: string }) => `${f.name}: ${f.message}`,
  },
} as const satisfies Record<string, { kind: ErrorKind; text: (facts: never) => string }>;

/** Closed union of the kernel's error codes; each has a heading in `docs/errors.md`. */
export type ErrorCode = keyof typeof errorCatalog;

/** The facts from which the message of an error with code `C` is built. */
export type ErrorFacts<C extends ErrorCode> = Parameters<(typeof errorCatalog)[C]["text"]>[0];
