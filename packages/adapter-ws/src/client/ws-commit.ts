import type { UnitCodec } from "@sage-kernel/codec";
import { hasCode, type JsonValue, SageError } from "@sage-kernel/core";
import {
  type Commit,
  type CommitOutcome,
  type CommitScope,
  FeedbackQueue,
  isPromiseLike,
  moveOn,
  type Queue,
  roomForLetters,
  type StateReader,
  type TaskProgress,
  type TaskRecord,
  type UnitOfWork,
} from "@sage-kernel/core/spi";
import { isHubPosition } from "../wire/hub-position.ts";
import { RemoteQueue } from "./remote-queue.ts";
import type { RequestPort } from "./request-port.ts";
import type { WsProcess } from "./ws-process.ts";

/** What an incarnation works with. */
export interface WsCommitScope {
  readonly port: RequestPort;
  readonly process: WsProcess;
  readonly scope: CommitScope;
  readonly epoch: number;
  /** What is committed, as this incarnation knows it. */
  readonly record: TaskRecord;
  readonly units: UnitCodec;
  /** The unit's bytes as the hub takes them. */
  readonly addressed: (unit: Uint8Array) => Uint8Array;
  /** Called when a unit was applied. */
  readonly onApplied: () => void;
}

/** What a unit comes to, as the hub tells it. */
interface CommitReply {
  readonly code: "applied" | "alreadyApplied" | "fenced" | "mismatch";
  /** Ids of queues that have no room for some of it. */
  readonly full?: readonly string[];
  /** How full the queues are that the task reads and writes, by their ids. */
  readonly fills?: Readonly<Record<string, number>>;
}

/** One incarnation's hold on a task at a hub: the mirror of it here, and one request for each unit. */
export class WsCommit implements Commit {
  readonly epoch: number;
  readonly restored: TaskProgress;
  /** Whether a later incarnation was opened in this process. */
  replaced = false;
  readonly #scope: WsCommitScope;
  /** Unit whose dead letters were accepted already. */
  #lettersOf: UnitOfWork | undefined;

  constructor(scope: WsCommitScope) {
    this.#scope = scope;
    this.epoch = scope.epoch;
    this.restored = scope.record.copy();
  }

  get state(): StateReader {
    return this.#scope.record;
  }

  get progress(): TaskProgress {
    return this.#scope.record;
  }

  async commit(unit: UnitOfWork): Promise<CommitOutcome> {
    const { record, units, addressed, onApplied, scope } = this.#scope;
    if (this.replaced || unit.epoch !== this.epoch) return { code: "fenced" };
    const bytes = addressed(units.encode(unit, hubQueueId));
    const next = unit.sequence === record.sequence + 1;
    if (next && unit.deadLetters.length > 0 && this.#lettersOf !== unit) {
      const { deadLetters } = scope;
      const room = deadLetters.write(unit.deadLetters);
      if (isPromiseLike(room)) return { code: "backpressure", room, waitsFor: roomForLetters(deadLetters) };
      this.#lettersOf = unit;
    }
    const { reply, delivered } = await this.#ask(bytes);
    const { code } = reply;
    if (code !== "applied" && code !== "alreadyApplied") return { code };
    onApplied();
    if (!record.knows(unit)) {
      const found = this.replaced && scope.recollect !== undefined; // by the later incarnation, in the store
      if (unit.collected.length > 0 && !found) scope.collect?.(unit.collected);
      record.apply(unit);
      this.#note(unit, reply);
      this.#deliver(unit, delivered);
    }
    return record.delivered === undefined ? { code } : { code, delivered: record.delivered };
  }

  /** Asks the hub; what comes first is its answer, and what comes then that everything is delivered. */
  async #ask(bytes: Uint8Array): Promise<{ reply: CommitReply; delivered: Promise<void> | undefined }> {
    const { port, scope } = this.#scope;
    let onEvent: (event: JsonValue) => void = () => undefined;
    const early = new Promise<CommitReply>((resolve) => {
      onEvent = (event) => resolve(event as unknown as CommitReply);
    });
    const end = port.commit(bytes, onEvent) as Promise<unknown> as Promise<CommitReply>;
    end.catch(() => undefined); // who waits for it hears of it
    try {
      const isEarly = await Promise.race([early.then(() => true), end.then(() => false)]);
      if (!isEarly) return { reply: await end, delivered: undefined };
      const delivered = end.then(() => undefined);
      delivered.catch(() => undefined);
      return { reply: await early, delivered };
    } catch (error) {
      // A hub that has refused this process for good would not answer the same unit later either.
      if (!hasCode(error, "HUB_UNAVAILABLE")) throw error;
      const facts = { node: scope.node, reason: error.message };
      throw new SageError("COMMIT_UNANSWERED", facts, { cause: error });
    }
  }

  /** @throws SageError `LOOP_OVERFLOW` where a way back has no room. */
  #note({ outputs }: UnitOfWork, { full = [], fills = {} }: CommitReply): void {
    for (const [id, fill] of Object.entries(fills)) this.#scope.process.queues.get(id)?.noted(fill);
    for (const { queue } of outputs)
      if (queue instanceof FeedbackQueue && full.includes(queue.descriptor.id)) throw queue.overflow();
  }

  /** Moves on what goes elsewhere than to the hub's queues, and comes from elsewhere. */
  #deliver({ outputs, position }: UnitOfWork, delivered: Promise<void> | undefined): void {
    const { record, scope } = this.#scope;
    moveOn(record, (wait) => {
      wait(delivered);
      for (const { queue, batch } of outputs)
        if (hubQueueId(queue) === undefined && !queue.offer(batch)) wait(queue.put(batch));
      // A queue of the hub was moved with the unit.
      if (position !== undefined && !isHubPosition(position)) wait(scope.input.advance(position));
    });
  }
}

/** The id of a queue of the hub, if it is one, or is around one. */
export function hubQueueId(queue: Queue): string | undefined {
  const inner = queue instanceof FeedbackQueue ? queue.inner : queue;
  return inner instanceof RemoteQueue ? inner.descriptor.id : undefined;
}
