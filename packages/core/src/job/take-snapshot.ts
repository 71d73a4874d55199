import type { ExecutionGraph, StepNode } from "../graph/execution-graph.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import { keyGroup } from "../routing/key-group.ts";
import { encodeCell, encodeKey } from "../state/cell-snapshot.ts";
import type { StateKey } from "../state/state-key.ts";
import type { StateStore, TaskContents } from "../state/state-store.port.ts";
import type { JobSnapshot, StepSnapshot, TableSnapshot, TaskSnapshot } from "./job-snapshot.ts";

/** What a snapshot is taken of. */
export interface SnapshotScope {
  readonly job: string;
  readonly graph: ExecutionGraph;
  readonly store: StateStore;
  /** Time of the snapshot, in ms since the Unix epoch. */
  readonly takenAt: number;
}

/**
 * Makes a snapshot of what a job that stands still has committed.
 *
 * @throws SageError `NOT_SERIALIZABLE` for state that is no data, with its place.
 */
export async function takeSnapshot({ job, graph, store, takenAt }: SnapshotScope): Promise<JobSnapshot> {
  const steps: [string, StepSnapshot][] = [];
  for (const step of graph.steps) {
    const contents: TaskContents[] = [];
    for (let i = 0; i < step.parallelism; i++) contents.push(await store.contents(`${step.id}#${i}`));
    steps.push([step.id, stepSnapshot(step, contents)]);
  }
  return { version: 1, pipeline: graph.name, job, takenAt, steps: Object.fromEntries(steps) };
}

function stepSnapshot({ kind }: StepNode, contents: readonly TaskContents[]): StepSnapshot {
  return { kind, splits: kind === "source" ? splits(contents) : [], tasks: contents.map(taskSnapshot) };
}

/** The splits of a source in their order: they were dealt out to its instances in turn. */
function splits(contents: readonly TaskContents[]): StepSnapshot["splits"] {
  const dealt = contents.map(({ position }) => Object.entries((position ?? {}) as object));
  const most = Math.max(0, ...dealt.map((entries) => entries.length));
  return Array.from({ length: most }, (_, round) =>
    dealt.flatMap((entries) => entries.slice(round, round + 1)),
  ).flat();
}

function taskSnapshot({ finished, tables }: TaskContents): TaskSnapshot {
  const state: [string, TableSnapshot][] = [];
  for (const [name, cells] of tables) state.push([name, tableSnapshot(cells)]);
  return { finished, state: Object.fromEntries(state) };
}

function tableSnapshot(cells: Iterable<readonly [StateKey, unknown]>): TableSnapshot {
  const groups: { [group: string]: TableSnapshot[string][number][] } = {};
  for (const [key, cell] of cells) {
    const group = key === undefined ? "" : String(keyGroup(key as PartitionKey));
    groups[group] ??= [];
    groups[group].push([encodeKey(key), encodeCell(cell)]);
  }
  return groups;
}
