import type { TaskContext } from "../context/task-context.ts";
import type { Clock } from "../host/clock.port.ts";
import type { Logger } from "../host/logger.port.ts";
import type { Metrics } from "../host/metrics.port.ts";
import type { Random } from "../host/random.port.ts";
import type { PartitionKey } from "../packet/partition-key.ts";

/** The task context of one task instance, whose key the operator sets before each keyed record. */
export class StepContext implements TaskContext {
  readonly job: string;
  readonly step: string;
  readonly index: number;
  readonly parallelism: number;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  key: PartitionKey | undefined;

  constructor(fields: Omit<TaskContext, "key">) {
    this.job = fields.job;
    this.step = fields.step;
    this.index = fields.index;
    this.parallelism = fields.parallelism;
    this.log = fields.log;
    this.metrics = fields.metrics;
    this.clock = fields.clock;
    this.random = fields.random;
    this.signal = fields.signal;
    this.key = undefined;
  }
}
