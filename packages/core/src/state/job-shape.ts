import type { BuildProblem } from "../errors/build-problem.ts";
import type { JsonObject } from "../errors/json.ts";
import { describeValue } from "../errors/sage-error.ts";

/** What must stay as it is for a job to go on from what an earlier process has committed. A JSON value. */
export interface JobShape extends JsonObject {
  readonly version: 1;
  /** Name of the pipeline. */
  readonly pipeline: string;
  /** What each step is, by its id. */
  readonly steps: Readonly<Record<string, string>>;
  /** Ids of the task instances. */
  readonly tasks: readonly string[];
  /** What leads where, and how. */
  readonly edges: readonly string[];
  /** Capacities of the inboxes in records, by the ids of their queues. */
  readonly queues: Readonly<Record<string, number>>;
  /** Descriptor kinds of the queues, by the ids of their steps and services; left out where nothing was said of them. */
  readonly kinds?: Readonly<Record<string, string>>;
}

const remedy =
  "Let the job end with the pipeline that it began with, or take a snapshot of it and go on from that under another id.";

/** What keeps a job of one shape from going on where one of another shape has stopped; empty when nothing does. */
export function changesOf(before: JobShape, now: JobShape): BuildProblem[] {
  const problem = (node: string, reason: string, message: string): BuildProblem => ({
    node,
    reason,
    message,
    remedy,
  });
  if (before.version !== 1)
    return [problem(now.pipeline, "OTHER_VERSION", `Its version is ${describeValue(before.version)}.`)];
  const changes: BuildProblem[] = [];
  if (before.pipeline !== now.pipeline)
    changes.push(problem(now.pipeline, "OTHER_PIPELINE", `It has run pipeline "${before.pipeline}".`));
  for (const id of new Set([...Object.keys(before.steps), ...Object.keys(now.steps)])) {
    const [was, is] = [before.steps[id] ?? "not there", now.steps[id] ?? "not there"];
    if (was !== is) changes.push(problem(id, "CHANGED_STEP", `The step was ${was}, and is ${is}.`));
  }
  const others = (edges: readonly string[], than: readonly string[]): string[] =>
    edges.filter((edge) => !than.includes(edge));
  for (const edge of others(before.edges, now.edges))
    changes.push(problem(now.pipeline, "CHANGED_EDGE", `It has had ${edge}, and has not now.`));
  for (const edge of others(now.edges, before.edges))
    changes.push(problem(now.pipeline, "CHANGED_EDGE", `It has ${edge}, and had not before.`));
  for (const [id, kind] of Object.entries(now.kinds ?? {})) {
    const was = before.kinds?.[id] ?? kind;
    if (was !== kind)
      changes.push(
        problem(id, "CHANGED_QUEUE", `Its queues were of kind "${was}", and are of kind "${kind}".`),
      );
  }
  for (const [id, capacity] of Object.entries(now.queues)) {
    const was = before.queues[id] ?? capacity;
    if (was > capacity)
      changes.push(
        problem(id, "SMALLER_QUEUE", `The queue has held ${was} records, and would hold ${capacity}.`),
      );
  }
  return changes;
}
