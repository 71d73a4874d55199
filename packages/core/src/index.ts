export { Environment, type SubmitOptions } from "./api/environment.ts";
export { type EnvironmentOptions, Runtime } from "./api/runtime.ts";
export type {
  Answerable,
  ConnectedStreams,
  DataStream,
  Fillable,
  FutureStream,
  KeyedStream,
  PipelineService,
  RequestStream,
  WidenKey,
} from "./api/streams.ts";
export type { CallContext, ServiceContext } from "./context/call-context.ts";
export type {
  CallHandle,
  CallOptions,
  NamedCall,
  ServiceCaller,
  TypedCall,
} from "./context/service-caller.ts";
export { ServiceRef } from "./context/service-ref.ts";
export type {
  CallInfo,
  MethodArgs,
  MethodName,
  MethodResult,
  ProcessArgs,
  ProcessResult,
  ServiceHook,
  ServiceProxy,
} from "./context/service-types.ts";
export type {
  CounterState,
  ListState,
  MapState,
  StateAccess,
  ValueState,
} from "./context/state-access.ts";
export type { RuntimeContext, TaskContext } from "./context/task-context.ts";
export { defineJob, type JobModule } from "./control/define-job.ts";
export type {
  ChannelMessage,
  JobChannel,
  JobSeat,
  JoinOptions,
  SeatAddress,
  SeatNotes,
} from "./control/job-channel.port.ts";
export { JobClient, type JobClientOptions } from "./control/job-client.ts";
export type {
  CollectedOptions,
  CollectedRecord,
  JobControl,
  JobRequest,
  JobStop,
  JobSummary,
  ListOptions,
  MetricsPage,
  NumberedLogLine,
  Page,
  PageOptions,
  WaitOptions,
} from "./control/job-control.ts";
export type { AnyJobModule } from "./control/job-registry.ts";
export { JobServer, type JobServerOptions } from "./control/job-server.ts";
export { LocalJobControl } from "./control/local-job-control.ts";
export type { JobRole, Principal } from "./control/principal.ts";
export { type JobUpdate, type WatchOptions, watchJob } from "./control/watch-job.ts";
export type { BuildProblem } from "./errors/build-problem.ts";
export type { ErrorCode, ErrorFacts } from "./errors/catalog.ts";
export type { ErrorKind } from "./errors/error-kind.ts";
export type { JsonObject, JsonValue } from "./errors/json.ts";
export { hasCode, isSageError, SageError } from "./errors/sage-error.ts";
export type { WireError } from "./errors/wire-error.ts";
export type { CompiledPipeline } from "./graph/compile.ts";
export type { Delivery, DeliveryLevel, DeliveryOption } from "./graph/delivery.ts";
export type {
  ChannelNode,
  EdgeNode,
  ExecutionGraph,
  FaultNode,
  ServiceNode,
  StepNode,
  TaskNode,
} from "./graph/execution-graph.ts";
export type { LoopNode } from "./graph/loops.ts";
export { toMermaid } from "./graph/mermaid.ts";
export type { RequestOptions, ServiceOptions, ServiceSource } from "./graph/service-declaration.ts";
export type {
  DistinctOptions,
  FoldOptions,
  FutureOptions,
  KeyByOptions,
  OperatorOptions,
  PartitionerOption,
  ReduceOptions,
  SinkOptions,
  SourceOptions,
  StepOptions,
} from "./graph/step-options.ts";
export type { StepGuarantee, StepKind } from "./graph/transformation.ts";
export type { Percentiles } from "./host/histogram.ts";
export type { EnvironmentLogOptions, LogLevel } from "./host/log-files.port.ts";
export type { MaybePromise } from "./host/maybe-promise.ts";
export type { ProcessSample } from "./host/process-probe.port.ts";
export type { Collected } from "./job/collected.ts";
export type { DeadLetters } from "./job/dead-letters.ts";
export type { Health, HealthState, ServiceHealth } from "./job/health.ts";
export type { Job, StopOptions } from "./job/job.ts";
export type { JobManager } from "./job/job-manager.ts";
export type { JobMetrics, TaskMetrics } from "./job/job-metrics.ts";
export type { JobLedger, JobReport, JobState } from "./job/job-report.ts";
export type { RouteInfo } from "./job/job-routing.ts";
export type { JobSnapshot, StepSnapshot, TableSnapshot, TaskSnapshot } from "./job/job-snapshot.ts";
export type { SnapshotOptions } from "./job/snapshots.ts";
export type { Emit, EmitOptions } from "./operator/emit.ts";
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
export {
  CoMapFunction,
  type CoMapMethods,
  type CoMapOutput,
  type CoMapStep,
  JoinFunction,
  type JoinStep,
} from "./operator/join-functions.ts";
export type { Plugin } from "./operator/plugin.ts";
export { ProcessFunction, type ProcessStep } from "./operator/process-function.ts";
export {
  type Polled,
  type PolledSource,
  type PollScope,
  ReplayableSource,
  type ReplayableStep,
} from "./operator/replayable-source.ts";
export {
  endOfSource,
  type SourceAnswer,
  SourceFunction,
  type SourceStep,
} from "./operator/source-function.ts";
export type { SourceInput, SourceScope } from "./operator/source-input.ts";
export {
  type StagedSink,
  type Transaction,
  TransactionalSink,
  type TransactionalStep,
} from "./operator/transactional-sink.ts";
export { session, tumbling, type WindowResult, type WindowSpec } from "./operator/window-spec.ts";
export type { Headers, Packet } from "./packet/packet.ts";
export type { PartitionKey } from "./packet/partition-key.ts";
export type { Connection } from "./routing/connection.ts";
export { groupOwner, hashKey, keyGroup, keyGroups } from "./routing/key-group.ts";
export type { BuiltInStrategy, Partitioner, PartitionerFactory } from "./routing/partitioner.port.ts";
export type { BulkheadOptions } from "./service/bulkhead.ts";
export type { CallInterceptor, CallResult, OutgoingCall } from "./service/call-interceptor.ts";
export type { Overflow } from "./service/call-scope.ts";
export type { CallReport } from "./service/call-stats.ts";
export type {
  CircuitBreakerOptions,
  CircuitChange,
  CircuitState,
} from "./service/circuit-breaker.ts";
export { type FaultPlan, type InjectedFault, injectFaults } from "./service/fault-injection.ts";
export type { ResilienceOptions } from "./service/resilience.ts";
export type { CallBackoff, CallRetryOptions } from "./service/retry.ts";
export type { ServiceEndpoint } from "./service/service-entry.ts";
export type { DeadLetter, DeadLetterReason } from "./state/dead-letter.ts";
export type { WhenDeadLettersFull } from "./state/dead-letter-store.ts";
export type { LedgerCounts } from "./state/ledger.ts";
export type { StandardSchema, StateCodec, StateOptions } from "./state/state-codec.ts";
export type { TaskState } from "./task/life-cycle.ts";
export type {
  FinalPolicy,
  OnError,
  RestartPolicyOption,
  RetryOptions,
  RetryPolicy,
} from "./task/on-error.ts";
export type {
  ExponentialRestart,
  FailureRateRestart,
  FixedDelayRestart,
  RestartStrategy,
} from "./task/restart-strategy.ts";
export type { ServiceHooks } from "./task/service-object.ts";
export type { MethodReport, ServiceReport } from "./task/service-stats.ts";
export type { TaskReport } from "./task/task.port.ts";
export type { TaskTimes } from "./task/task-stats.ts";
export { JobManagerHost, type JobManagerHostOptions } from "./worker/job-manager-host.ts";
export { WorkerHost, type WorkerHostOptions } from "./worker/worker-host.ts";
