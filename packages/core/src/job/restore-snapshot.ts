import type { BuildProblem } from "../errors/build-problem.ts";
import { describeValue, SageError } from "../errors/sage-error.ts";
import type { ExecutionGraph, StepNode } from "../graph/execution-graph.ts";
import { groupOwner } from "../routing/key-group.ts";
import { decodeCell, decodeKey } from "../state/cell-snapshot.ts";
import type { StateKey } from "../state/state-key.ts";
import type { StateStore, TaskContents } from "../state/state-store.port.ts";
import type { SplitPositions } from "../task/split-positions.ts";
import type { JobSnapshot, StepSnapshot, TaskSnapshot } from "./job-snapshot.ts";

/**
 * Fills the store of a new job with what a snapshot holds, spread over the tasks that the job has.
 *
 * @throws SageError `SNAPSHOT_MISMATCH` with all reasons when the snapshot is of another pipeline, `SNAPSHOT_INVALID`
 * when it is none.
 */
export async function restoreSnapshot(
  snapshot: JobSnapshot,
  graph: ExecutionGraph,
  store: StateStore,
): Promise<void> {
  check(snapshot, graph);
  for (const step of graph.steps) {
    const taken = snapshot.steps[step.id];
    if (taken === undefined) continue;
    for (let index = 0; index < step.parallelism; index++) {
      await store.restore(`${step.id}#${index}`, contentsOf(step, taken, index));
    }
  }
}

function contentsOf(step: StepNode, taken: StepSnapshot, index: number): TaskContents {
  const { parallelism } = step;
  const same = taken.tasks.length === parallelism;
  const tables = new Map<string, [StateKey, unknown][]>();
  taken.tasks.forEach((task, i) => {
    if (same && i !== index) return;
    for (const [name, groups] of Object.entries(task.state)) {
      for (const [group, cells] of Object.entries(groups)) {
        if (!same && groupOwner(Number(group), parallelism) !== index) continue;
        const table = tables.get(name) ?? [];
        for (const [key, cell] of cells) {
          table.push([decodeKey(key), decodeCell(cell)]);
        }
        tables.set(name, table);
      }
    }
  });
  const splits = taken.splits.filter((_, i) => i % parallelism === index);
  return {
    position: taken.kind === "source" ? (Object.fromEntries(splits) as SplitPositions) : undefined,
    finished:
      taken.kind !== "source" && (same ? taken.tasks[index]?.finished === true : hasFinished(taken.tasks)),
    tables,
  };
}

function hasFinished(tasks: readonly TaskSnapshot[]): boolean {
  return tasks.length > 0 && tasks.every(({ finished }) => finished);
}

/** Finds everything that keeps a job from going on from a snapshot. */
function check(snapshot: JobSnapshot, graph: ExecutionGraph): void {
  if (snapshot?.version !== 1 || typeof snapshot.steps !== "object" || snapshot.steps === null) {
    throw new SageError("SNAPSHOT_INVALID", {
      path: "version",
      problem: `is ${describeValue(snapshot?.version)}`,
    });
  }
  const steps = new Map(graph.steps.map((step) => [step.id, step]));
  const problems: BuildProblem[] = [];
  for (const [id, taken] of Object.entries(snapshot.steps)) {
    const problem = problemWith(steps.get(id), taken, graph);
    if (problem !== undefined) problems.push({ node: id, ...problem });
  }
  if (snapshot.pipeline !== graph.name) {
    problems.unshift({
      node: graph.name,
      reason: "OTHER_PIPELINE",
      message: `The snapshot is of pipeline "${snapshot.pipeline}".`,
      remedy: "Go on from a snapshot of this one.",
    });
  }
  if (problems.length > 0) throw new SageError("SNAPSHOT_MISMATCH", { pipeline: graph.name, problems });
}

function problemWith(
  step: StepNode | undefined,
  taken: StepSnapshot,
  graph: ExecutionGraph,
): Omit<BuildProblem, "node"> | undefined {
  const stateful = taken.splits.length > 0 || taken.tasks.some(({ state }) => Object.keys(state).length > 0);
  if (step === undefined) {
    return stateful
      ? {
          reason: "MISSING_STEP",
          message: "The snapshot has state of this step, and the pipeline has no such step.",
          remedy: "Give steps with state a name that stays, and keep them.",
        }
      : undefined;
  }
  if (step.kind !== taken.kind) {
    return {
      reason: "OTHER_KIND",
      message: `In the snapshot it is a ${taken.kind}, here a ${step.kind}.`,
      remedy: "Give steps with state a name that stays, and keep what they are.",
    };
  }
  if (
    !stateful ||
    taken.tasks.length === step.parallelism ||
    step.kind === "source" ||
    movesByGroup(step, taken, graph)
  )
    return undefined;
  return {
    reason: "FIXED_PARALLELISM",
    message: `Its state belongs to ${taken.tasks.length} instances and not to keys, and it has ${step.parallelism} now.`,
    remedy: "Keep its parallelism, or key its input with the hash strategy.",
  };
}

/** Whether all state of a step belongs to keys whose owner follows from their hash. */
function movesByGroup(step: StepNode, taken: StepSnapshot, graph: ExecutionGraph): boolean {
  const inputs = graph.edges.filter(({ to }) => to === step.id);
  if (!step.keyed || !inputs.every(({ strategy }) => strategy === "hash")) return false;
  return taken.tasks.every(({ state }) => Object.values(state).every((groups) => !("" in groups)));
}
