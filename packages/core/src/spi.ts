export { checkSeatName } from "./control/check-seat-name.ts";
export {
  type ChannelMessage,
  type JobChannel,
  type JobSeat,
  type JoinOptions,
  managerSeat,
  type SeatAddress,
  type SeatNotes,
  seatNamePattern,
} from "./control/job-channel.port.ts";
export { permits } from "./control/principal.ts";
export { FeedbackQueue } from "./dispatch/feedback-queue.ts";
export { type RouterSettings, type WiredEdge, wireRouter } from "./dispatch/router-wiring.ts";
export { decodeError, encodeError, type WireError } from "./errors/wire-error.ts";
export type { EdgeNode } from "./graph/execution-graph.ts";
export { abortable } from "./host/abortable.ts";
export type { AmbientContext } from "./host/ambient.port.ts";
export type { Clock, Timer } from "./host/clock.port.ts";
export { Completion } from "./host/completion.ts";
export type { Host } from "./host/host.ts";
export type { IdSource } from "./host/ids.port.ts";
export type { EnvironmentLog, EnvironmentLogOptions, LogFiles, LogLevel } from "./host/log-files.port.ts";
export type { LogFields, Logger, LogMessage } from "./host/logger.port.ts";
export { isPromiseLike, type MaybePromise, whenSettled } from "./host/maybe-promise.ts";
export { MemoryMetrics } from "./host/memory-metrics.ts";
export type { Counter, Gauge, MetricLabels, Metrics } from "./host/metrics.port.ts";
export type { Printer } from "./host/printer.port.ts";
export type { ProcessProbe, ProcessSample } from "./host/process-probe.port.ts";
export type { Random } from "./host/random.port.ts";
export type { Runnable, Scheduler } from "./host/scheduler.port.ts";
export { SeededRandom } from "./host/seeded-random.ts";
export { sleepOn } from "./host/sleep.ts";
export { Cursor, type OpenRecord, type Operator } from "./operator/operator.port.ts";
export type { StepContext } from "./operator/step-context.ts";
export { Batch } from "./packet/batch.ts";
export { checkPayload } from "./packet/check-payload.ts";
export { clonePayload } from "./packet/clone-payload.ts";
export { checkedJson, copiedJson, pathOf, type RefuseJson } from "./packet/json-copy.ts";
export { decodePayload, encodePayload } from "./packet/json-payload.ts";
export type { Headers, Packet } from "./packet/packet.ts";
export type { PartitionKey } from "./packet/partition-key.ts";
export { RecordBuffer, type Routes } from "./packet/record-buffer.ts";
export type { StopSignal } from "./packet/stop-signal.ts";
export { BatchDeque } from "./queue/batch-deque.ts";
export { DriverRegistry } from "./queue/driver-registry.ts";
export { MemoryQueue, type RoomRequest } from "./queue/memory-queue.ts";
export type { Delivery, Queue } from "./queue/queue.port.ts";
export { callQueueOptions, QueueDescriptor, type QueueDescriptorJson } from "./queue/queue-descriptor.ts";
export type { QueueCapabilities, QueueDriver, QueueSettings } from "./queue/queue-driver.port.ts";
export { QueueHandles } from "./queue/queue-handles.ts";
export { WaitingTake } from "./queue/waiting-take.ts";
export { Connection, type ConnectionTarget, type Output } from "./routing/connection.ts";
export type { CopyRecord, OutputGroup } from "./routing/output-group.ts";
export type { BuiltInStrategy, Partitioner, PartitionerFactory } from "./routing/partitioner.port.ts";
export { Router, type RouterOptions } from "./routing/router.ts";
export { isMessage, type PackedMessages, packMessages, unpackMessages } from "./service/packed-message.ts";
export { ServiceManager, type ServiceManagerScope } from "./service/service-manager.ts";
export type { ServiceCancel, ServiceRequest, ServiceResponse } from "./service/service-message.ts";
export { decodeMessage, encodeMessage, type ServiceMessage } from "./service/wire-message.ts";
export { decodeCell, decodeKey, encodeCell, encodeKey } from "./state/cell-snapshot.ts";
export { ChannelMarks } from "./state/channel-marks.ts";
export type {
  Commit,
  CommitOutcome,
  RecordId,
  TaskProgress,
  UnitOfWork,
} from "./state/commit.port.ts";
export { type DeadLetter, type DeadLetterSink, roomForLetters } from "./state/dead-letter.ts";
export { changesOf, type JobShape } from "./state/job-shape.ts";
export { type LedgerCounts, TaskLedger } from "./state/ledger.ts";
export { MemoryStateStore, memoryStateStores } from "./state/memory-state-store.ts";
export { type Moved, moveOn } from "./state/move-on.ts";
export { absent, type StateKey } from "./state/state-key.ts";
export type { StateReader, StoredCells } from "./state/state-reader.port.ts";
export type {
  CommitScope,
  ReportShelf,
  StateStore,
  StateStoreFactory,
  TaskContents,
} from "./state/state-store.port.ts";
export type { TableChanges } from "./state/state-table.ts";
export { TaskRecord } from "./state/task-record.ts";
export { TaskState } from "./state/task-state.ts";
export { BaseServiceTask } from "./task/base-service-task.ts";
export { BaseTask } from "./task/base-task.ts";
export { CrashCounts } from "./task/crash-counts.ts";
export type { InputChannel } from "./task/input-tracker.ts";
export { type FaultRules, faultRules, type OnError } from "./task/on-error.ts";
export type { BatchLimits } from "./task/pace.ts";
export type {
  ServiceStop,
  ServiceTask,
  ServiceTaskFactory,
  ServiceTaskSpec,
} from "./task/service-task.port.ts";
export type { Inbox } from "./task/source-inbox.ts";
export type { LoopProbe, Task, TaskFactory, TaskOutcome, TaskReport, TaskSpec } from "./task/task.port.ts";
export { TaskStats } from "./task/task-stats.ts";
