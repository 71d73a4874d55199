import type { Environment, Job, JobReport, SubmitOptions } from "@sage-kernel/core";
import type { MaybePromise } from "@sage-kernel/core/spi";
import type { SimScheduler } from "../scheduler/sim-scheduler.ts";
import type { Fault } from "./fault.ts";
import { SimMachine, type SimWorld, type SimWorldOptions } from "./sim-world.ts";
import { describeWaits } from "./wait-graph.ts";

/** A job that ended, as its check sees it. */
export interface SimulationEnd {
  readonly world: SimWorld;
  readonly job: Job;
  readonly report: JobReport;
  /** What has gone wrong on the way, of what was planned. */
  readonly struck: readonly Fault[];
}

/** What is run in a simulation. */
export interface SimulatedJob {
  /** Where the pipeline was declared. */
  readonly env: Environment;
  readonly submit?: SubmitOptions;
  /** What is done with the job while it runs, such as pausing it or calling its services. */
  drive?(job: Job): Promise<void>;
  /** Looks at the end of a job; what it throws is what is wrong. */
  check?(end: SimulationEnd): MaybePromise<void>;
}

/** What one run is made of. */
export interface RunOptions extends SimWorldOptions {
  readonly seed: number;
  /** Declares the pipeline. */
  build(world: SimWorld): MaybePromise<SimulatedJob>;
  /** Steps after which a run is taken for one that never ends. Default 200,000. */
  readonly maxSteps?: number;
}

/** What a run has come to. */
export interface RunResult {
  /** What was wrong; `undefined` when nothing was. */
  readonly failure: Error | undefined;
  /** Hash of everything that happened at the ports. */
  readonly trace: string;
  readonly events: number;
  readonly steps: number;
  /** Virtual time that it took, in ms. */
  readonly timeMs: number;
  readonly struck: readonly Fault[];
  /** Commits that the store has lost. */
  readonly lostCommits: number;
  /** The last events. */
  readonly timeline: readonly string[];
}

const defaultMaxSteps = 200_000;

/** Runs a job once under a plan of faults. @throws Error for a plan with faults that there are none of. */
export async function runSimulation(options: RunOptions, plan: readonly Fault[]): Promise<RunResult> {
  const machine = new SimMachine(options.seed, plan, options);
  const { scheduler, clock } = machine.fakes;
  let running: Job | undefined;
  const failure = await scheduler
    .run(() => life(machine, options, (job) => (running = job)), options.maxSteps ?? defaultMaxSteps)
    .then(
      () => undefined,
      (error: unknown) => problemOf(error, machine, running),
    );
  const { trace, faults } = machine;
  return {
    failure: failure ?? violationOf([...machine.violations, ...machine.leftovers()]),
    trace: trace.digest(),
    events: trace.events,
    steps: scheduler.steps,
    timeMs: clock.monotonic(),
    struck: faults.struck,
    lostCommits: machine.lostCommits,
    timeline: trace.last,
  };
}

async function life(machine: SimMachine, options: RunOptions, onJob: (job: Job) => void): Promise<void> {
  const world = await machine.open();
  try {
    const { env, submit, drive, check } = await options.build(world);
    const job = await env.submit(submit);
    onJob(job);
    const [report] = await Promise.all([job.done, drive?.(job)]);
    machine.trace.add(`done ${report.state} ${JSON.stringify(report.ledger)}`);
    if (!report.ledger.balanced) throw new Error(`the ledger: ${report.ledger.problems.join("; ")}`);
    await check?.({ world, job, report, struck: machine.faults.struck });
  } catch (error) {
    await world.runtime.close().catch(() => undefined); // what went wrong first is what counts
    await rest(machine.fakes.scheduler);
    throw error;
  }
  await world.runtime.close();
  await rest(machine.fakes.scheduler);
}

/** Lets what the end has set going come to rest. */
async function rest(scheduler: SimScheduler): Promise<void> {
  for (let turn = 0; turn < turnsToRest && scheduler.waiting > 0; turn++) await scheduler.yield();
}

const turnsToRest = 10_000;

/** What a run that has failed, or stands still, says about itself. */
function problemOf(error: unknown, machine: SimMachine, job: Job | undefined): Error {
  const { violations, queues } = machine;
  const stuck = error instanceof Error && /^(deadlock|the simulation did not end)/.test(error.message);
  const waits = stuck && job !== undefined ? describeWaits(job, queues) : [];
  const lines = [error instanceof Error ? error.message : String(error), ...violations, ...waits];
  return new Error(lines.join("\n  "), { cause: error });
}

function violationOf(problems: readonly string[]): Error | undefined {
  return problems.length === 0 ? undefined : new Error(problems.join("\n  "));
}
