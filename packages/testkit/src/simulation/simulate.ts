import { SeededRandom } from "@sage-kernel/core/spi";
import { type Fault, type FaultLimits, randomPlan } from "./fault.ts";
import { type RunOptions, type RunResult, runSimulation } from "./run-simulation.ts";
import { failureKind, shrunken } from "./shrink.ts";

/** What is simulated. */
export interface SimulationOptions extends RunOptions {
  /** What goes wrong: a plan, or limits of a random one that the seed decides. Default: nothing. */
  readonly faults?: readonly Fault[] | FaultLimits;
  /** How to run this simulation again; goes into the message of a failure. */
  readonly command?: string;
  /** Whether a failing plan is made smaller. Default: yes. */
  readonly shrink?: boolean;
}

/** What a simulation has come to that went well, twice. */
export interface SimulationReport extends Omit<RunResult, "failure"> {
  readonly seed: number;
  readonly faults: readonly Fault[];
}

/** A simulation has failed: what was wrong, with the smallest plan that was found, and how to see it again. */
export class SimulationError extends Error {
  override readonly name = "SimulationError";
  readonly seed: number;
  /** The faults that it takes; more may have been planned. */
  readonly faults: readonly Fault[];
  readonly result: RunResult;

  constructor(seed: number, faults: readonly Fault[], result: RunResult, command: string) {
    const replay = `${replayVariable}='${JSON.stringify({ seed, faults })}' ${command}`;
    const lines = [
      `the simulation with seed ${seed} failed: ${result.failure?.message ?? "?"}`,
      `it takes ${faults.length} faults: ${JSON.stringify(faults)}`,
      `again: ${replay}`,
      "the last events (virtual ms, operation, queue or task, channel:first+records):",
      ...result.timeline.slice(-shownEvents).map((event) => `  ${event}`),
    ];
    super(lines.join("\n"), { cause: result.failure?.cause ?? result.failure });
    this.seed = seed;
    this.faults = faults;
    this.result = result;
  }
}

/** The environment variable that a failed simulation is run again with. */
export const replayVariable = "SAGE_SIMULATION";

const shownEvents = 25;

/**
 * Runs a whole job, its queues, tasks, services and stores, in virtual time. The seed decides over everything that
 * could happen in another order; the plan says what goes wrong. The job must end, whatever happens, and everything
 * that is promised must hold: order, nothing lost or doubled, bounds, one writer for each task, commits without gap,
 * stops in order, nothing left behind. It runs twice, and must do the same both times.
 *
 * The same seed gives the same run as long as the code under test awaits nothing but promises and the kernel's ports.
 * After the idea of FoundationDB's simulation (Zhou et al., SIGMOD 2021).
 *
 * @throws SimulationError
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const { seed, command = "<the command of this test>" } = options;
  const plan = planOf(options);
  const run = (smaller: readonly Fault[]): Promise<RunResult> => runSimulation(options, smaller);
  const first = await run(plan);
  const second = await run(plan);
  if (second.trace !== first.trace || said(second) !== said(first)) {
    const runs = [first, second].map((each) => `${each.events} events, ${said(each)}`).join("; then ");
    const failure = new Error(
      `it ran differently the second time (${runs}): something awaits what is no port`,
    );
    throw new SimulationError(seed, plan, { ...second, failure }, command);
  }
  if (first.failure !== undefined) {
    const smallest = options.shrink === false ? { plan, result: first } : await shrunken(plan, first, run);
    throw new SimulationError(seed, smallest.plan, smallest.result, command);
  }
  const { failure: _, ...result } = first;
  return { seed, faults: plan, ...result };
}

/** How a run has ended, in a word. */
function said({ failure }: RunResult): string {
  return failure === undefined ? "all well" : failureKind(failure);
}

function planOf({ seed, faults = [] }: SimulationOptions): readonly Fault[] {
  if (Array.isArray(faults)) return faults as readonly Fault[];
  return randomPlan(new SeededRandom(seed).fork("faults"), faults as FaultLimits);
}

/** A seed with its plan. */
export interface SimulationSeed {
  readonly seed: number;
  /** The plan of a failure that is run again; otherwise the seed decides. */
  readonly faults?: readonly Fault[];
}

/** The seeds from 0 to `count - 1`; where `SAGE_SIMULATION` is set, that one alone. */
export function simulationSeeds(count: number, value = process.env[replayVariable]): SimulationSeed[] {
  if (value !== undefined && value !== "") return [JSON.parse(value) as SimulationSeed];
  return Array.from({ length: count }, (_, seed) => ({ seed }));
}
