export { DataStream, KeyedStream } from "./api/data-stream.ts";
export { Environment, type SubmitOptions } from "./api/environment.ts";
export { Runtime } from "./api/runtime.ts";
export type { RuntimeContext, TaskContext } from "./context/task-context.ts";
export type { BuildProblem, ErrorCode, ErrorFacts } from "./errors/catalog.ts";
export type { ErrorKind } from "./errors/error-kind.ts";
export type { JsonObject, JsonValue } from "./errors/json.ts";
export { hasCode, isSageError, SageError } from "./errors/sage-error.ts";
export type { WireError } from "./errors/wire-error.ts";
export type { CompiledPipeline } from "./graph/compile.ts";
export type { ChannelNode, EdgeNode, ExecutionGraph, StepNode, TaskNode } from "./graph/execution-graph.ts";
export type {
  FoldOptions,
  KeyByOptions,
  OperatorOptions,
  PartitionerOption,
  ReduceOptions,
  StepOptions,
} from "./graph/step-options.ts";
export type { StepKind } from "./graph/transformation.ts";
export type { EnvironmentLogOptions, LogLevel } from "./host/log-files.port.ts";
export type { MaybePromise } from "./host/maybe-promise.ts";
export type { ProcessSample } from "./host/process-probe.port.ts";
export type { Collected, Job, StopOptions } from "./job/job.ts";
export type { JobManager } from "./job/job-manager.ts";
export type { JobLedger, JobReport, JobState } from "./job/job-report.ts";
export {
  FilterFunction,
  type FilterStep,
  FlatMapFunction,
  type FlatMapResult,
  type FlatMapStep,
  KeyByFunction,
  type KeyByStep,
  MapFunction,
  type MapStep,
  ReduceFunction,
  type ReduceStep,
  SinkFunction,
  type SinkStep,
  StepFunction,
} from "./operator/functions.ts";
export type { SourceInput } from "./operator/source-input.ts";
export type { Headers, Packet } from "./packet/packet.ts";
export type { PartitionKey } from "./packet/partition-key.ts";
export type { Connection } from "./routing/connection.ts";
export { groupOwner, hashKey, keyGroup, keyGroups } from "./routing/key-group.ts";
export type { BuiltInStrategy, Partitioner, PartitionerFactory } from "./routing/partitioner.port.ts";
export type { DeadLetter, DeadLetterReason } from "./state/dead-letter.ts";
export type { DeadLetterStore } from "./state/dead-letter-store.ts";
export type { LedgerCounts } from "./state/ledger.ts";
export type { OnError } from "./task/fault-policy.ts";
export type { TaskState } from "./task/life-cycle.ts";
export type { TaskReport } from "./task/task.port.ts";
