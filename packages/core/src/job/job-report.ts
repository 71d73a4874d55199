import type { RedriveCount } from "../dispatch/redriver.ts";
import { encodeError, type WireError } from "../errors/wire-error.ts";
import type { Delivery } from "../graph/delivery.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import { type LedgerCounts, TaskLedger } from "../state/ledger.ts";
import type { ServiceReport } from "../task/service-stats.ts";
import type { TaskReport } from "../task/task.port.ts";

/** States of a job. `completed`, `failed` and `cancelled` are terminal. */
export type JobState = "created" | "running" | "paused" | "draining" | "completed" | "failed" | "cancelled";

const terminal: ReadonlySet<JobState> = new Set(["completed", "failed", "cancelled"]);

/** Whether a job in this state has ended. */
export function isTerminal(state: JobState): boolean {
  return terminal.has(state);
}

/** Conservation of records over a whole job: the sums over its tasks, and whether they add up. */
export interface JobLedger extends LedgerCounts {
  /** True when every task and every channel conserves its records; must hold at completion. */
  readonly balanced: boolean;
  /** Where it does not, in sentences. */
  readonly problems: readonly string[];
  /** Records read by sources. */
  readonly read: number;
  /** Records sent on a channel but not received, or received and not decided; 0 at completion. */
  readonly undelivered: number;
}

/** How a job went; a JSON value. */
export interface JobReport {
  /** Id of the job. */
  readonly job: string;
  /** Name of its environment. */
  readonly name: string;
  readonly state: JobState;
  /** Wall-clock time of the start in ms since the Unix epoch. */
  readonly startedAt: number;
  /** From start to end, or to now, in ms. */
  readonly durationMs: number;
  readonly ledger: JobLedger;
  /** How often each record takes effect, whatever fails, and why. */
  readonly delivery: Delivery;
  readonly tasks: readonly TaskReport[];
  /** What each instance of its services has done. */
  readonly services: readonly ServiceReport[];
  /** Why it failed. */
  readonly error?: WireError;
}

/** What a report is made from. */
export interface ReportFacts {
  readonly job: string;
  readonly graph: ExecutionGraph;
  readonly delivery: Delivery;
  readonly state: JobState;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly tasks: readonly TaskReport[];
  readonly services?: readonly ServiceReport[];
  /** What was redriven. */
  readonly redriven?: readonly RedriveCount[];
  readonly error: unknown;
}

/** Puts a job's report together. */
export function createReport(facts: ReportFacts): JobReport {
  const { job, graph, delivery, state, startedAt, durationMs, tasks, services = [], redriven, error } = facts;
  return {
    job,
    name: graph.name,
    state,
    startedAt,
    durationMs,
    ledger: balance(graph, tasks, state === "completed", redriven),
    delivery,
    tasks,
    services,
    ...(error === undefined ? {} : { error: encodeError(error) }),
  };
}

/**
 * Adds up the ledger: per task `received = processed + skipped + deadLettered + inFlight`, per channel
 * `sent = received + queued`, those of redriven dead letters included. With `settled`, nothing may be in flight or
 * queued.
 */
export function balance(
  graph: ExecutionGraph,
  tasks: readonly TaskReport[],
  settled: boolean,
  redriven: readonly RedriveCount[] = [],
): JobLedger {
  const sum = new TaskLedger();
  const problems: string[] = [];
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const sources = new Set(graph.steps.filter((step) => step.kind === "source").map((step) => step.id));
  let read = 0;
  let undelivered = 0;
  for (const task of tasks) {
    const { inFlight, received } = task.ledger;
    sum.add(task.ledger);
    undelivered += inFlight;
    if (sources.has(task.step)) read += received;
    if (inFlight < 0 || (settled && inFlight !== 0))
      problems.push(`task ${task.id} has ${inFlight} records in flight`);
  }
  const compare = (channel: number, ends: string, sent: number, received: number): void => {
    undelivered += sent - received;
    if (received > sent || (settled && received !== sent))
      problems.push(`channel ${channel} ${ends} sent ${sent} and received ${received} records`);
  };
  const sentOnEdge = new Map<string, number>();
  for (const { id, from, to, edge } of graph.channels) {
    const sent = byId.get(from)?.sent[id] ?? 0;
    const key = `${edge} ${from}`;
    sentOnEdge.set(key, (sentOnEdge.get(key) ?? 0) + sent);
    compare(id, `from ${from} to ${to}`, sent, byId.get(to)?.received[id] ?? 0);
  }
  for (const { to, channel, sent } of redriven) {
    compare(channel, `of dead letters redriven to ${to}`, sent, byId.get(to)?.received[channel] ?? 0);
  }
  if (settled) problems.push(...unrouted(graph, byId, sentOnEdge));
  return { ...sum.toJSON(), balanced: problems.length === 0, problems, read, undelivered };
}

/**
 * What a task emits must go out on each of its edges: once, or more often where records are broadcast or the user
 * routes. Its dead letters must go out on each edge that carries them, except those that came after a loop's end.
 */
function unrouted(
  graph: ExecutionGraph,
  tasks: ReadonlyMap<string, TaskReport>,
  sentOnEdge: ReadonlyMap<string, number>,
): string[] {
  const problems: string[] = [];
  const heads = new Set(graph.loops.flatMap((loop) => loop.heads));
  for (const [key, sent] of sentOnEdge) {
    const [edge, from] = key.split(" ") as [string, string];
    const { strategy, to, output } = graph.edges[Number(edge)] as ExecutionGraph["edges"][number];
    const task = tasks.get(from);
    const letters = output === "deadLetters";
    const made = (letters ? task?.ledger.deadLettered : task?.ledger.emitted) ?? 0;
    const late = letters && heads.has(task?.step ?? "");
    if (!late && (sent < made || (onceOnly.has(strategy) && sent !== made))) {
      problems.push(
        `task ${from} emitted ${made} ${letters ? "dead letters" : "records"} and sent ${sent} to ${to}`,
      );
    }
  }
  return problems;
}

/** Strategies by which each record goes to one instance. */
const onceOnly: ReadonlySet<string> = new Set(["round-robin", "hash", "least-loaded"]);
