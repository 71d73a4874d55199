import type { TaskContext } from "../context/task-context.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Packet } from "../packet/packet.ts";

/**
 * Looks at, or changes, how a step processes its records: for logging, tracing, validation, faults in tests. All hooks
 * run within the record's attempt, so what they throw is an error of that record, under the step's `onError`.
 *
 * A step with plug-ins runs record by record, which costs speed.
 */
export interface Plugin<In = unknown> {
  /** Its name, for messages. */
  readonly name: string;
  /** Called before each attempt at a record. */
  before?(packet: Packet<In>, ctx: TaskContext): void;
  /**
   * Runs the step's function by calling `next`, and answers what it answered, or something else that such a function may
   * answer; may call it again, or not at all. To drop the record answer `undefined` in `map`, `flatMap`, `coMap`, `join`
   * and `process`, and `false` in `filter`; `keyBy` and `reduce` need their key and their accumulator.
   */
  around?(packet: Packet<In>, next: () => MaybePromise<unknown>, ctx: TaskContext): MaybePromise<unknown>;
  /** Called after a successful attempt with what it emitted. */
  after?(packet: Packet<In>, outputs: readonly unknown[], ctx: TaskContext): void;
}
