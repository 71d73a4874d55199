import { hasCode, SageError } from "../errors/sage-error.ts";
import type { ExecutionGraph, TaskNode } from "../graph/execution-graph.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import { timerChannel } from "../operator/timer-signal.ts";
import type { Headers } from "../packet/packet.ts";
import type { Connection } from "../routing/connection.ts";
import type { TaskProgress } from "../state/commit.port.ts";
import type { DeadLetter } from "../state/dead-letter.ts";
import type { StateStore } from "../state/state-store.port.ts";
import { redriveChannel } from "../task/redrive-channel.ts";
import type { JobWiring } from "./job-wiring.ts";

/** Header of a record that was redriven: the id of the dead letter it was. */
export const redrivenFrom = "redriven-from";

/** What a redriver works with. */
export interface RedriverScope {
  readonly job: string;
  readonly graph: ExecutionGraph;
  readonly wiring: JobWiring;
  readonly store: StateStore;
  /** Whether the feedback loop of a step has been told that nothing comes any more. */
  readonly isLoopEnding: (step: string) => boolean;
}

/** What was redriven over one channel so far. */
export interface RedriveCount {
  /** Id of the task instance. */
  readonly to: string;
  /** Number of the channel. */
  readonly channel: number;
  /** Records, those included that wait in line at its inbox. */
  readonly sent: number;
}

/** Where a letter goes. */
interface Destination {
  readonly task: TaskNode;
  readonly inputIndex: number;
  /** Ids of the tasks that send to that input. */
  readonly senders: readonly string[];
}

/**
 * Puts dead letters into the inbox of the task that failed on them, on a channel of their own. A record that is put
 * before the last stop signal of its input is seen like every other; after that, none is put.
 */
export class Redriver {
  readonly #scope: RedriverScope;
  readonly #tasks: ReadonlyMap<string, TaskNode>;
  /** Redriven letters whose store does not answer at once. */
  readonly #underWay = new Set<PromiseLike<void>>();
  #over = false;
  readonly #connections = new Map<string, Map<number, Connection>>();

  constructor(scope: RedriverScope) {
    this.#scope = scope;
    this.#tasks = new Map(scope.graph.tasks.map((task) => [task.id, task]));
  }

  /**
   * Puts a letter's record, key and headers, and the header `redriven-from`. Done, or settled, when the inbox has taken
   * it; where the store answers at once and the inbox has room, that is within the call.
   *
   * @throws SageError `REDRIVE_REFUSED` when the record would not be seen; it was put nowhere then.
   */
  redrive(letter: DeadLetter): MaybePromise<void> {
    const destination = this.#destinationOf(letter);
    if (this.#over) throw this.#refusal(letter, "the job has ended");
    const { store } = this.#scope;
    const asked = [letter.node, ...destination.senders].map((node) => store.progress(node));
    if (!asked.some(isPromiseLike)) return this.#put(letter, destination, asked as Answers);
    return this.#watched(Promise.all(asked).then((answers) => this.#put(letter, destination, answers)));
  }

  /** The store may have lost what was put: it is counted anew from what the receivers have. */
  forget(): void {
    this.#connections.clear();
  }

  /** The job has ended: refuses what comes now, and settles when nothing is under way. */
  async end(): Promise<void> {
    this.#over = true;
    await Promise.allSettled(this.#underWay);
  }

  #watched(put: PromiseLike<void>): PromiseLike<void> {
    const over = (): void => void this.#underWay.delete(put);
    this.#underWay.add(put);
    put.then(over, over);
    return put;
  }

  /** What was redriven so far, by task and channel. */
  sent(): RedriveCount[] {
    return [...this.#connections].flatMap(([to, connections]) =>
      [...connections.values()].map(({ target, sent }) => ({ to, channel: target.channel, sent })),
    );
  }

  #destinationOf(letter: DeadLetter): Destination {
    const { wiring } = this.#scope;
    const task = this.#tasks.get(letter.node);
    if (task === undefined) throw this.#refusal(letter, `the graph has no task "${letter.node}"`);
    if (task.inbox === null) throw this.#refusal(letter, "a source failed on it, and a source has no inbox");
    if (letter.channel === timerChannel) throw this.#refusal(letter, "it is a timer and no record");
    const from = wiring.channels(task).find(({ channel }) => channel === letter.channel);
    if (from === undefined) throw this.#refusal(letter, `the graph has no channel ${letter.channel}`);
    const { inputIndex } = from;
    return { task, inputIndex, senders: wiring.senders(task, inputIndex) };
  }

  #put(
    letter: DeadLetter,
    { task, inputIndex, senders: from }: Destination,
    [receiver, ...senders]: Answers,
  ): MaybePromise<void> {
    const ended = (): SageError => this.#refusal(letter, `input ${inputIndex} of "${task.id}" has ended`);
    if (senders.every((sender) => sender?.finished === true)) throw ended();
    if (this.#scope.isLoopEnding(task.step)) {
      throw this.#refusal(letter, `the feedback loop of "${task.id}" has ended`);
    }
    const connection = this.#connection(task, inputIndex, receiver);
    const { key, record, id } = letter;
    const headers: Headers = { ...letter.headers, [redrivenFrom]: id };
    const { queue, batch } = connection.send([record], key === undefined ? undefined : [key], [headers]);
    const failed = (error: unknown): never => {
      connection.takeBack(batch);
      if (!hasCode(error, "QUEUE_CLOSED")) throw error;
      throw this.#refusal(letter, `the inbox of "${task.id}" is closed, since its job is ending`, error);
    };
    try {
      const before = this.#scope.store.putBefore?.(from, queue, batch, letter);
      if (before !== undefined) {
        const put = (first: number | undefined): void => {
          if (first === undefined) failed(ended());
          else this.#connection(task, inputIndex, receiver).reached(first + batch.payloads.length);
        };
        return before.then(put, failed);
      }
      if (queue.offer(batch)) return undefined;
      const put = queue.put(batch);
      return isPromiseLike(put) ? put.then(undefined, failed) : undefined;
    } catch (error) {
      return failed(error);
    }
  }

  #connection(task: TaskNode, inputIndex: number, receiver: TaskProgress | undefined): Connection {
    const connections = this.#connections.get(task.id) ?? new Map<number, Connection>();
    this.#connections.set(task.id, connections);
    const known = connections.get(inputIndex);
    if (known !== undefined) return known;
    const before = receiver?.received.records(redriveChannel(inputIndex)) ?? 0;
    const connection = this.#scope.wiring.redriveConnection(task, inputIndex, before);
    connections.set(inputIndex, connection);
    return connection;
  }

  #refusal({ id }: DeadLetter, problem: string, cause?: unknown): SageError {
    const facts = { job: this.#scope.job, letter: id, problem };
    return new SageError("REDRIVE_REFUSED", facts, cause === undefined ? {} : { cause });
  }
}

/** How far the receiver of a letter has come, and then those who send to it. */
type Answers = readonly (TaskProgress | undefined)[];
