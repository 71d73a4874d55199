import type { SageError } from "../errors/sage-error.ts";
import type { FunctionTable } from "../graph/compile.ts";
import type { ChannelNode, EdgeNode, ExecutionGraph, TaskNode } from "../graph/execution-graph.ts";
import type { LoopNode } from "../graph/loops.ts";
import type { Host } from "../host/host.ts";
import type { Queue } from "../queue/queue.port.ts";
import { QueueDescriptor, type QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import type { QueueHandles } from "../queue/queue-handles.ts";
import { Connection } from "../routing/connection.ts";
import type { Router } from "../routing/router.ts";
import type { ChannelMarks } from "../state/channel-marks.ts";
import type { InputChannel } from "../task/input-tracker.ts";
import { LoopInbox, loopChannel, loopSource } from "../task/loop-inbox.ts";
import { redriveChannel, redriveSource } from "../task/redrive-channel.ts";
import { FeedbackQueue } from "./feedback-queue.ts";
import { type RouterSettings, type WiredEdge, wireRouter } from "./router-wiring.ts";

/** What is wired. */
export interface WiringScope {
  readonly job: string;
  readonly graph: ExecutionGraph;
  readonly functions: FunctionTable;
  readonly handles: QueueHandles;
  readonly host: Host;
  readonly settings: RouterSettings;
  /** Kind of the queues of which the job's store knows what has come of each unit of work, if there is one. */
  readonly moves?: string | undefined;
  /** What a task has sent to another queue than these may be lost. */
  readonly onLoss?: ((error: SageError) => void) | undefined;
}

/** Turns a graph's channels into live queues, routers and the channels that each task expects. */
export class JobWiring {
  readonly #scope: WiringScope;
  readonly #tasks: ReadonlyMap<string, TaskNode>;
  readonly #incoming = new Map<string, ChannelNode[]>();
  readonly #outgoing = new Map<string, ChannelNode[]>();
  /** What comes into each task from outside of its own loops. */
  readonly #inboxes = new Map<string, Queue>();
  /** Queues of which is heard when they lose something. */
  readonly #watched = new Set<Queue>();

  constructor(scope: WiringScope) {
    this.#scope = scope;
    const { graph } = scope;
    this.#tasks = new Map(graph.tasks.map((task) => [task.id, task]));
    for (const channel of graph.channels) {
      append(this.#outgoing, channel.from, channel);
      append(this.#incoming, channel.to, channel);
    }
  }

  /** The live inbox of a task that is no source: one queue, or the two of a loop's head. */
  async inbox(task: TaskNode): Promise<Queue | LoopInbox> {
    const outside = await this.#queue(task.inbox as QueueDescriptorJson);
    this.#inboxes.set(task.id, outside);
    if (task.loopInbox === null) return outside;
    const { clock, scheduler } = this.#scope.host;
    const back = await this.#queue(task.loopInbox);
    return new LoopInbox({ outside, back, inputs: this.#loopInputs(task), clock, scheduler });
  }

  /**
   * The channels that a task expects; the head of a loop also hears that the loop has ended. By one more for each input
   * its dead letters may come again.
   */
  channels(task: TaskNode): InputChannel[] {
    const channels = this.#channelsInto(task).map((channel) => {
      const { inputIndex, feedback, loop } = this.#edge(channel);
      return {
        channel: channel.id,
        inputIndex,
        source: channel.from,
        ...(feedback ? { feedback } : {}),
        ...(loop === null ? {} : { loop: true }),
      };
    });
    const ends = this.#loopInputs(task).map((inputIndex) => ({
      channel: loopChannel(inputIndex),
      inputIndex,
      source: loopSource,
    }));
    const redrives = [...new Set(channels.map(({ inputIndex }) => inputIndex))].map((inputIndex) => ({
      channel: redriveChannel(inputIndex),
      inputIndex,
      source: redriveSource,
      optional: true,
    }));
    return [...channels, ...ends, ...redrives];
  }

  /** Ids of the tasks that send to one input of a task. */
  senders(task: TaskNode, inputIndex: number): string[] {
    const channels = this.#channelsInto(task).filter((each) => this.#edge(each).inputIndex === inputIndex);
    return [...new Set(channels.map(({ from }) => from))];
  }

  /**
   * The sending end of the channel by which dead letters come again to one input of a task, whose inbox is open.
   * `records` is how many have come before.
   */
  redriveConnection({ id, step, index }: TaskNode, inputIndex: number, records: number): Connection {
    const queue = this.#inboxes.get(id) as Queue;
    return new Connection(
      { step, index, inputIndex, keyed: true, channel: redriveChannel(inputIndex), queue },
      { records, stopped: false },
    );
  }

  /** Name of the strategy of each input of a task. */
  strategies(task: TaskNode): string[] {
    const strategies: string[] = [];
    for (const channel of this.#channelsInto(task)) {
      const { inputIndex, strategy } = this.#edge(channel);
      strategies[inputIndex] ??= strategy;
    }
    return strategies;
  }

  /** A task's router: one group per outgoing edge. `sent` is how far its channels have come already. */
  async router(task: TaskNode, sent: ChannelMarks): Promise<Router> {
    const byEdge = new Map<number, ChannelNode[]>();
    for (const channel of this.#outgoing.get(task.id) ?? []) append(byEdge, channel.edge, channel);
    const edges: WiredEdge[] = [];
    for (const channels of byEdge.values()) {
      const edge = this.#edge(channels[0] as ChannelNode);
      const connections = await Promise.all(channels.map((channel) => this.#connect(channel, edge, sent)));
      edges.push({ edge, connections, partitioner: this.#scope.functions.partitioners.get(edge.to) });
    }
    return wireRouter(task.step, edges, this.#scope.settings);
  }

  #edge(channel: ChannelNode): EdgeNode {
    return this.#scope.graph.edges[channel.edge] as EdgeNode;
  }

  #channelsInto(task: TaskNode): readonly ChannelNode[] {
    return this.#incoming.get(task.id) ?? [];
  }

  /** The inputs by which something comes back to the head of a loop. */
  #loopInputs(task: TaskNode): number[] {
    const edges = this.#channelsInto(task).map((channel) => this.#edge(channel));
    return [...new Set(edges.filter(({ feedback }) => feedback).map(({ inputIndex }) => inputIndex))];
  }

  async #queue(descriptor: QueueDescriptorJson): Promise<Queue> {
    const { job, handles, moves, onLoss } = this.#scope;
    const queue = await handles.open(QueueDescriptor.fromJSON(descriptor).withId(`${job}/${descriptor.id}`));
    if (onLoss !== undefined && descriptor.kind !== moves && !this.#watched.has(queue)) {
      this.#watched.add(queue);
      queue.onLoss?.(onLoss);
    }
    return queue;
  }

  async #connect(channel: ChannelNode, edge: EdgeNode, sent: ChannelMarks): Promise<Connection> {
    const receiver = this.#tasks.get(channel.to) as TaskNode;
    const { inputIndex, keyed, feedback } = edge;
    const { step, index } = receiver;
    const queue = feedback
      ? await this.#wayBack(receiver, edge)
      : await this.#queue(receiver.inbox as QueueDescriptorJson);
    const { id } = channel;
    return new Connection(
      { step, index, inputIndex, keyed, channel: id, queue },
      { records: sent.records(id), stopped: sent.stopped(id) },
    );
  }

  async #wayBack(head: TaskNode, { loop }: EdgeNode): Promise<Queue> {
    const { name } = this.#scope.graph.loops[loop as number] as LoopNode;
    return new FeedbackQueue(await this.#queue(head.loopInbox as QueueDescriptorJson), name, head.id);
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
