import type { TaskContext } from "../context/task-context.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Packet } from "../packet/packet.ts";
import type { Emit } from "./emit.ts";
import { type FunctionSource, StepFunction, type StepHooks } from "./functions.ts";

/** The low-level step: sees each record with its key and headers, and emits any number of records. */
export abstract class ProcessFunction<In, Out> extends StepFunction<Out> {
  /** Called once per attempt at a record; what a failed attempt emitted is discarded. */
  abstract execute(packet: Packet<In>, emit: Emit<Out>, ctx: TaskContext): MaybePromise<void>;
}

/** An instance of a class for `process`. */
export interface PacketFunction<In, Out> extends StepHooks<Out> {
  /** See {@link ProcessFunction.execute}. */
  execute(packet: Packet<In>, emit: Emit<Out>, ctx: TaskContext): MaybePromise<void>;
}

/** What `process` accepts. */
export type ProcessStep<In, Out> =
  | ((packet: Packet<In>, emit: Emit<Out>, ctx: TaskContext) => MaybePromise<void>)
  | FunctionSource<PacketFunction<In, Out>>;
