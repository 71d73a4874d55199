import { describeValue, reasonOf, SageError } from "../errors/sage-error.ts";
import type { EdgeNode } from "../graph/execution-graph.ts";
import type { Logger } from "../host/logger.port.ts";
import { checkPayload } from "../packet/check-payload.ts";
import { clonePayload } from "../packet/clone-payload.ts";
import { BroadcastGroup } from "../routing/broadcast-group.ts";
import type { Connection } from "../routing/connection.ts";
import { CustomGroup } from "../routing/custom-group.ts";
import { HashGroup } from "../routing/hash-group.ts";
import { LeastLoadedGroup } from "../routing/least-loaded-group.ts";
import type { CopyRecord, OutputGroup } from "../routing/output-group.ts";
import type { Partitioner, PartitionerFactory } from "../routing/partitioner.port.ts";
import { RoundRobinGroup } from "../routing/round-robin-group.ts";
import { Router } from "../routing/router.ts";
import { SingleGroup } from "../routing/single-group.ts";

/** An edge with the connections that one task has on it. */
export interface WiredEdge {
  readonly edge: EdgeNode;
  readonly connections: readonly Connection[];
  /** The custom partitioner of the receiving step, if it has one. */
  readonly partitioner: PartitionerFactory | undefined;
}

/** What routers are made with. */
export interface RouterSettings {
  readonly log: Logger;
  /** Whether records are refused that could not cross a process. */
  readonly strictPayloads: boolean;
}

/** Makes the router of one task of a step. */
export function wireRouter(step: string, edges: readonly WiredEdge[], settings: RouterSettings): Router {
  const copy = copier(step, settings.log);
  const groupsOf = (output: EdgeNode["output"]): OutputGroup[] =>
    edges.filter(({ edge }) => edge.output === output).map((edge) => createGroup(edge, copy));
  return new Router(groupsOf("records"), copy, {
    deadLetters: groupsOf("deadLetters"),
    ...(settings.strictPayloads ? { check: checkPayload } : {}),
  });
}

function createGroup({ edge, connections, partitioner }: WiredEdge, copy: CopyRecord): OutputGroup {
  const copyAgain: CopyRecord = edge.shared ? (payload) => payload : copy;
  const group = partition(edge, connections, partitioner, copyAgain);
  return edge.shared ? Object.assign(group, { shared: true }) : group;
}

function partition(
  edge: EdgeNode,
  connections: readonly Connection[],
  custom: PartitionerFactory | undefined,
  copyAgain: CopyRecord,
): OutputGroup {
  if (custom !== undefined) {
    const partitioner = createPartitioner(edge.to, custom);
    return new CustomGroup(edge.strategy, connections, partitioner, edge.to, copyAgain);
  }
  if (connections.length === 1) return new SingleGroup(edge.strategy, connections[0] as Connection);
  if (edge.strategy === "hash") return new HashGroup(connections, edge.from);
  if (edge.strategy === "broadcast") return new BroadcastGroup(connections, copyAgain);
  if (edge.strategy === "least-loaded") return new LeastLoadedGroup(connections);
  return new RoundRobinGroup(connections);
}

/** Copies records, and names once what it had to pass by reference. */
function copier(step: string, log: Logger): CopyRecord {
  let named = false;
  const onShared = (value: object | ((...args: never) => unknown)): void => {
    if (named) return;
    named = true;
    const what =
      typeof value === "function"
        ? "a function"
        : `an instance of ${value.constructor?.name ?? "an unnamed class"}`;
    log.warn(
      `Step "${step}" feeds several steps, and ${what} in its records cannot be copied: they share it.`,
    );
  };
  return (payload) => {
    try {
      return clonePayload(payload, onShared);
    } catch {
      onShared(payload as object); // too deep, or a getter that throws
      return payload;
    }
  };
}

function createPartitioner(step: string, create: PartitionerFactory): Partitioner {
  try {
    const partitioner = create();
    if (typeof partitioner?.select === "function") return partitioner;
    throw new TypeError(`it returned ${describeValue(partitioner)} instead of an object with select()`);
  } catch (error) {
    const facts = { node: step, phase: "its partitioner's create()", reason: reasonOf(error) };
    throw new SageError("OPERATOR_FAILED", facts, { cause: error });
  }
}
