import { Cursor } from "../operator/operator.port.ts";
import { RecordSignals } from "../operator/record-signals.ts";
import { StepContext } from "../operator/step-context.ts";
import { timerChannel } from "../operator/timer-signal.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { CallGroup } from "../service/call-scope.ts";
import { TaskLedger } from "../state/ledger.ts";
import { TaskState } from "../state/task-state.ts";
import { AheadRecords } from "./ahead-records.ts";
import { FaultPolicy } from "./fault-policy.ts";
import { InputTracker } from "./input-tracker.ts";
import type { LoopScope } from "./loop-scope.ts";
import { Pace } from "./pace.ts";
import { PauseGate } from "./pause-gate.ts";
import { RecordRunner } from "./record-runner.ts";
import { RequestTrace } from "./request-trace.ts";
import { SinkTransactions } from "./sink-transactions.ts";
import { sourceChannel } from "./source-inbox.ts";
import type { TaskSpec } from "./task.port.ts";
import { TimedInbox, timerSource } from "./timed-inbox.ts";
import { UnitCommitter } from "./unit-committer.ts";

/** The parts of one incarnation of a task: the context of its hooks, and what its loop works with. */
export interface TaskParts {
  readonly ctx: StepContext;
  readonly scope: LoopScope;
}

/** Puts an incarnation together so that it goes on where the last commit of its task stands. */
export function assembleTask(spec: TaskSpec, signal: AbortSignal): TaskParts {
  const { id, operator, router, commit, stats, concurrency, ordered, timeoutMs, limits, host } = spec;
  const { clock, scheduler } = host;
  const { restored } = commit;
  const state = new TaskState(commit.state, restored.handedOut);
  const ctx = createContext(spec, state, signal);
  const timers = operator.timed === true ? createTimers(spec, state) : undefined;
  const inbox = timers ?? spec.inbox;
  const signals = new RecordSignals(signal);
  const ledger = new TaskLedger();
  ledger.set(restored.ledger);
  ledger.received -= ledger.inFlight; // what was not decided comes again
  const { requests } = spec;
  const trace =
    requests === undefined ? undefined : new RequestTrace({ node: id, operator, router, requests });
  const faults = createFaults(spec, ctx, ledger, trace);
  const runnerScope = {
    node: id,
    operator,
    router,
    out: new RecordBuffer(),
    ledger,
    faults,
    trace,
    stats,
    ahead: new AheadRecords(restored.ahead),
    cursor: new Cursor(ctx.withSignals(signals)),
    gate: new PauseGate(),
    signals,
    clock,
    concurrency,
    ordered,
    timeoutMs,
    signal,
  };
  const transactions = spec.sink === undefined ? undefined : new SinkTransactions(spec.job, id, spec.sink);
  const scope: LoopScope = {
    ...runnerScope,
    inbox,
    timers,
    transactions,
    givenUp: spec.givenUp,
    hooks: ctx,
    finished: restored.finished,
    retired: restored.retired,
    delivered: restored.delivered,
    tracker: new InputTracker(
      id,
      timers === undefined ? spec.channels : [...spec.channels, ownTimers],
      restored.received,
    ),
    runner: new RecordRunner(runnerScope),
    committer: new UnitCommitter({
      ...runnerScope,
      commit,
      state,
      collects: spec.collects,
      transactions,
    }),
    pace: new Pace(clock, limits, concurrency, stats),
    ...limits,
    scheduler,
    onIdle: spec.onIdle,
  };
  return { ctx, scope };
}

/** The channel by which a task's own timers come. */
const ownTimers = { channel: timerChannel, inputIndex: 0, source: timerSource, optional: true };

function createTimers(spec: TaskSpec, { timers }: TaskState): TimedInbox {
  const { inbox: inner, seesKeys: keyed, commit, host } = spec;
  const { received, position } = commit.restored;
  const { clock, scheduler } = host;
  return new TimedInbox({
    inner,
    timers,
    keyed,
    fired: received.records(timerChannel),
    position,
    clock,
    scheduler,
  });
}

function createContext(spec: TaskSpec, tables: TaskState, signal: AbortSignal): StepContext {
  const { id, job, step, index, parallelism, keyed, seesKeys, strategies, host } = spec;
  const stateless = whyStateless(spec);
  const { services, requests } = spec;
  const scope = { job, chain: [], group: new CallGroup(signal) };
  return new StepContext({
    job,
    step,
    index,
    parallelism,
    keyed,
    strategies,
    log: host.logger.child({ job, task: id }),
    metrics: host.metrics,
    clock: host.clock,
    random: host.random.fork(`${job}/${id}`),
    signal,
    tables,
    seesKeys,
    timed: spec.operator.timed === true,
    services: services === undefined ? undefined : { services, scope },
    requests,
    stateless,
  });
}

/** Why a step cannot have state, if it cannot. */
function whyStateless({ channels, seesKeys, concurrency }: TaskSpec): string | undefined {
  if (channels.every(({ channel }) => channel === sourceChannel)) {
    return "it is for steps with an input; what a source has to remember is its position";
  }
  if (seesKeys || concurrency === 1) return undefined;
  return "without keys it would be shared by records that are in flight side by side; put keyBy before the step, or leave out its concurrency";
}

function createFaults(
  spec: TaskSpec,
  ctx: StepContext,
  ledger: TaskLedger,
  trace: RequestTrace | undefined,
): FaultPolicy {
  const { id, router, faults, stats, crashes, host } = spec;
  return new FaultPolicy({
    node: id,
    rules: faults,
    ledger,
    stats,
    clock: host.clock,
    random: host.random.fork(`${id}/retries`),
    log: ctx.log,
    streamed: router.deadLetterGroups.length > 0,
    crashes,
    trace,
  });
}
