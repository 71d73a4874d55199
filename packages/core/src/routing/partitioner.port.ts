import type { Packet } from "../packet/packet.ts";
import type { Connection } from "./connection.ts";

/**
 * Port: chooses the targets of each record among the instances of one downstream step.
 *
 * Each sending task instance has its own partitioner for each downstream step, so it may keep state. A failed
 * attempt at a record may have asked it already.
 */
export interface Partitioner<T = unknown> {
  /**
   * The index of the target, or distinct indices of several.
   *
   * What it throws, an index out of range and an empty array are errors of that record: dropping records is the work
   * of `filter`, which counts them.
   */
  select(packet: Packet<T>, targets: readonly Connection[]): number | readonly number[];
}

/** Makes a partitioner for one sender and one downstream step. */
export type PartitionerFactory<T = unknown> = () => Partitioner<T>;

/** Names of the built-in strategies. */
export type BuiltInStrategy = (typeof builtInStrategies)[number];

/** The built-in strategies. */
export const builtInStrategies = ["round-robin", "hash", "broadcast", "least-loaded"] as const;
