import type {
  CommitOutcome,
  CommitScope,
  MaybePromise,
  StateStoreFactory,
  UnitOfWork,
} from "@sage-kernel/core/spi";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { FakeCommit } from "../store/fake-commit.ts";
import { FakeStateStores } from "../store/fake-state-stores.ts";
import { FakeTaskRecord } from "../store/fake-task-record.ts";
import { BrokerQueue, type QueueSnapshot } from "./broker-queue.ts";

interface Snapshot {
  readonly records: ReadonlyMap<FakeTaskRecord, FakeTaskRecord>;
  readonly queues: ReadonlyMap<BrokerQueue, QueueSnapshot>;
}

/**
 * Queues and state in one store, which may lose the last commits that it has answered, all together, as a server does
 * that fails over to a copy which is behind. What leaves the store is safe from that: a commit that collects results,
 * writes dead letters, ends a task or lets a source forget what it has read makes itself, and all before it, durable.
 * Incarnations are counted on, whatever is lost.
 */
export class Broker {
  readonly driver: FakeQueueDriver;
  readonly stores: StateStoreFactory;
  readonly #queues = new Map<string, BrokerQueue>();
  readonly #stores: FakeStateStores;
  /** What there was after each commit since the last durable one, which is the first. */
  #history: Snapshot[] = [];

  constructor() {
    this.driver = new FakeQueueDriver({
      create: (descriptor) => {
        const queue = new BrokerQueue(descriptor);
        this.#queues.set(descriptor.id, queue);
        return queue;
      },
    });
    this.#stores = new FakeStateStores({
      record: () => new CopiedRecord(),
      commit: (record, scope) => new BrokerCommit(record, scope, this),
    });
    this.stores = this.#stores;
  }

  /** The queue with this id. */
  queue(id: string): BrokerQueue | undefined {
    return this.#queues.get(id);
  }

  /** Units applied, by `job/task`. */
  get sequences(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#stores.jobs].flatMap(([job, tasks]) =>
        [...tasks].map(([node, { sequence }]) => [`${job}/${node}`, sequence] as const),
      ),
    );
  }

  /** Whether a task has no inbox here: it is a source. */
  isSource(node: string): boolean {
    return this.inboxesOf(node).length === 0;
  }

  /** The inboxes of a task. */
  inboxesOf(node: string): readonly BrokerQueue[] {
    return [...this.#queues].flatMap(([id, queue]) =>
      id.endsWith(`/${node}`) || id.endsWith(`/${node}/loop`) ? [queue] : [],
    );
  }

  /** A unit was applied. */
  committed(durable: boolean): void {
    if (durable) this.#history = [];
    this.#history.push(this.#snapshot());
  }

  /** Loses the last so many commits, as far as they are not durable; answers how many were lost. */
  lose(commits: number): number {
    const lost = Math.min(commits, this.#history.length - 1);
    if (lost <= 0) return 0;
    this.#history.length -= lost;
    const { records, queues } = this.#history.at(-1) as Snapshot;
    for (const [record, copy] of records) (record as CopiedRecord).become(copy as CopiedRecord);
    for (const [queue, copy] of queues) queue.restore(copy);
    return lost;
  }

  #snapshot(): Snapshot {
    const records = [...this.#stores.jobs.values()].flatMap((tasks) => [...tasks.values()]);
    return {
      records: new Map(records.map((record) => [record, (record as CopiedRecord).copied()])),
      queues: new Map([...this.#queues.values()].map((queue) => [queue, queue.snapshot()])),
    };
  }
}

/** A record of a task that can go back. */
class CopiedRecord extends FakeTaskRecord {
  /** Everything as it is now. */
  copied(): CopiedRecord {
    const copy = new CopiedRecord();
    copy.become(this);
    return copy;
  }

  /** Becomes as another one is, but for the count of incarnations. */
  become(other: CopiedRecord): void {
    const { sequence, position, ahead, handedOut, finished, retired, delivered, last } = other;
    Object.assign(this, { sequence, position, ahead, handedOut, finished, retired, delivered, last });
    this.received = other.received.copy();
    this.sent = other.sent.copy();
    this.ledger.set(other.ledger);
    this.tables.clear();
    for (const [name, cells] of other.tables) this.tables.set(name, new Map(cells));
  }
}

class BrokerCommit extends FakeCommit {
  readonly #broker: Broker;

  constructor(record: FakeTaskRecord, scope: CommitScope, broker: Broker) {
    super(record, scope);
    this.#broker = broker;
  }

  override commit(unit: UnitOfWork): MaybePromise<CommitOutcome> {
    const { node } = this.scope;
    const { position } = unit;
    const refusal = this.refusal(unit);
    if (refusal !== undefined) return refusal;
    if (position !== undefined && this.#broker.inboxesOf(node).some(({ stale }) => stale))
      return { code: "inputVanished" };
    return super.commit(unit);
  }

  protected override applied(unit: UnitOfWork): CommitOutcome {
    const outcome = super.applied(unit);
    const { collected, deadLetters, finished, position } = unit;
    const leaves = collected.length > 0 || deadLetters.length > 0 || finished;
    this.#broker.committed(leaves || (position !== undefined && this.#broker.isSource(this.scope.node)));
    return outcome;
  }
}
