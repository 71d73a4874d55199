import { describeValue, reasonOf, SageError } from "../errors/sage-error.ts";
import type { FunctionTable } from "../graph/compile.ts";
import type { ChannelNode, EdgeNode, ExecutionGraph, TaskNode } from "../graph/execution-graph.ts";
import type { Logger } from "../host/logger.port.ts";
import { clonePayload } from "../packet/clone-payload.ts";
import type { Queue } from "../queue/queue.port.ts";
import { QueueDescriptor, type QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import type { QueueHandles } from "../queue/queue-handles.ts";
import { BroadcastGroup } from "../routing/broadcast-group.ts";
import { Connection } from "../routing/connection.ts";
import { CustomGroup } from "../routing/custom-group.ts";
import { HashGroup } from "../routing/hash-group.ts";
import type { CopyRecord, OutputGroup } from "../routing/output-group.ts";
import type { Partitioner, PartitionerFactory } from "../routing/partitioner.port.ts";
import { RoundRobinGroup } from "../routing/round-robin-group.ts";
import { Router } from "../routing/router.ts";
import { SingleGroup } from "../routing/single-group.ts";
import type { InputChannel } from "../task/input-tracker.ts";

/** Turns a graph's channels into live queues, routers and the channels that each task expects. */
export class JobWiring {
  readonly #job: string;
  readonly #graph: ExecutionGraph;
  readonly #functions: FunctionTable;
  readonly #handles: QueueHandles;
  readonly #log: Logger;
  readonly #tasks: ReadonlyMap<string, TaskNode>;
  readonly #incoming = new Map<string, ChannelNode[]>();
  readonly #outgoing = new Map<string, ChannelNode[]>();

  constructor(
    job: string,
    graph: ExecutionGraph,
    functions: FunctionTable,
    handles: QueueHandles,
    log: Logger,
  ) {
    this.#job = job;
    this.#graph = graph;
    this.#functions = functions;
    this.#handles = handles;
    this.#log = log;
    this.#tasks = new Map(graph.tasks.map((task) => [task.id, task]));
    for (const channel of graph.channels) {
      append(this.#outgoing, channel.from, channel);
      append(this.#incoming, channel.to, channel);
    }
  }

  /** The live inbox of a task that is no source. */
  async inbox(task: TaskNode): Promise<Queue> {
    return this.#handles.open(this.#descriptor(task.inbox as QueueDescriptorJson));
  }

  /** The channels that a task expects. */
  channels(task: TaskNode): InputChannel[] {
    return (this.#incoming.get(task.id) ?? []).map((channel) => ({
      channel: channel.id,
      inputIndex: this.#edge(channel).inputIndex,
      source: channel.from,
    }));
  }

  /** A task's router: one group per outgoing edge. */
  async router(task: TaskNode): Promise<Router> {
    const copy = this.#copier(task.step);
    const groups: OutputGroup[] = [];
    const byEdge = new Map<number, ChannelNode[]>();
    for (const channel of this.#outgoing.get(task.id) ?? []) append(byEdge, channel.edge, channel);
    for (const channels of byEdge.values()) {
      const connections = await Promise.all(channels.map((channel) => this.#connect(channel)));
      groups.push(this.#group(this.#edge(channels[0] as ChannelNode), connections, copy));
    }
    return new Router(groups, copy);
  }

  #edge(channel: ChannelNode): EdgeNode {
    return this.#graph.edges[channel.edge] as EdgeNode;
  }

  #descriptor(inbox: QueueDescriptorJson): QueueDescriptor {
    return QueueDescriptor.fromJSON(inbox).withId(`${this.#job}/${inbox.id}`);
  }

  async #connect(channel: ChannelNode): Promise<Connection> {
    const receiver = this.#tasks.get(channel.to) as TaskNode;
    const { inputIndex, keyed } = this.#edge(channel);
    const queue = await this.inbox(receiver);
    return new Connection({
      step: receiver.step,
      index: receiver.index,
      inputIndex,
      keyed,
      channel: channel.id,
      queue,
    });
  }

  #group(edge: EdgeNode, connections: readonly Connection[], copy: CopyRecord): OutputGroup {
    const custom = this.#functions.partitioners.get(edge.to);
    if (custom !== undefined) {
      return new CustomGroup(edge.strategy, connections, createPartitioner(edge.to, custom), edge.to, copy);
    }
    if (connections.length === 1) return new SingleGroup(edge.strategy, connections[0] as Connection);
    if (edge.strategy === "hash") return new HashGroup(connections, edge.from);
    if (edge.strategy === "broadcast") return new BroadcastGroup(connections, copy);
    return new RoundRobinGroup(connections);
  }

  /** Copies records, and names once what it had to pass by reference. */
  #copier(step: string): CopyRecord {
    let named = false;
    const onShared = (value: object | ((...args: never) => unknown)): void => {
      if (named) return;
      named = true;
      const what =
        typeof value === "function"
          ? "a function"
          : `an instance of ${value.constructor?.name ?? "an unnamed class"}`;
      this.#log.warn(
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

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
