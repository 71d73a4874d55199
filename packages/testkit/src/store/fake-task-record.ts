import type { JsonValue } from "@sage-kernel/core";
import {
  absent,
  ChannelMarks,
  type RecordId,
  type StateKey,
  type StateReader,
  type StoredCells,
  type TableChanges,
  type TaskContents,
  TaskLedger,
  type TaskProgress,
  type UnitOfWork,
} from "@sage-kernel/core/spi";

/**
 * All that is committed of one task, kept as plainly as can be: entries are copied when they are asked for. The mutants
 * of the contract override one of its methods each.
 */
export class FakeTaskRecord implements TaskProgress, StateReader {
  /** The latest incarnation. */
  epoch = 0;
  sequence = 0;
  position: JsonValue | undefined;
  received = new ChannelMarks();
  sent = new ChannelMarks();
  ahead: readonly RecordId[] = [];
  handedOut = 0;
  finished = false;
  retired = false;
  ledger = new TaskLedger();
  delivered: PromiseLike<void> | undefined;
  /** The unit that was applied last. */
  last: UnitOfWork | undefined;
  protected readonly tables = new Map<string, Map<StateKey, unknown>>();

  /** Whether a unit is the one that was applied last. */
  knows({ epoch, attempt, sequence }: UnitOfWork): boolean {
    const { last } = this;
    return last?.epoch === epoch && last.attempt === attempt && last.sequence === sequence;
  }

  /** Whether a unit is the next one. */
  awaits({ sequence }: UnitOfWork): boolean {
    return sequence === this.sequence + 1;
  }

  /** Adds a unit that nothing speaks against. */
  apply(unit: UnitOfWork): void {
    this.last = unit;
    this.sequence = unit.sequence;
    if (unit.position !== undefined) this.position = unit.position;
    for (const batch of unit.consumed) this.received.move(batch);
    for (const { batch } of unit.outputs) this.sent.move(batch);
    this.ahead = unit.ahead;
    this.handedOut = unit.handedOut;
    this.finished = unit.finished;
    this.ledger.set(unit.ledger);
    for (const changes of unit.state) this.change(changes);
  }

  table(name: string): StoredCells {
    return {
      get: (key) => this.cells(name).get(key),
      entries: () => [...this.cells(name)],
    };
  }

  names(): readonly string[] {
    return [...this.tables.keys()].filter((name) => this.cells(name).size > 0);
  }

  /** The progress as it is now. */
  snapshot(): TaskProgress {
    const { sequence, position, ahead, handedOut, finished, retired, delivered } = this;
    const ledger = new TaskLedger();
    ledger.set(this.ledger);
    const own = { sequence, position, ahead, handedOut, finished, retired, delivered };
    return { ...own, received: this.received.copy(), sent: this.sent.copy(), ledger };
  }

  /** What another job can go on from. */
  contents(): TaskContents {
    const { position, finished, retired } = this;
    const tables = new Map(this.names().map((name) => [name, [...this.cells(name)]]));
    return { position, finished: finished || retired, tables };
  }

  /** Begins with what another job has committed. */
  restore({ position, finished, tables }: TaskContents): void {
    this.position = position;
    this.retired = finished;
    for (const [name, cells] of tables) this.tables.set(name, new Map(cells));
  }

  /** Cells of a table; not kept where there is no such table. */
  cells(name: string): Map<StateKey, unknown> {
    return this.tables.get(name) ?? new Map<StateKey, unknown>();
  }

  /** Changes a table. */
  change({ table, cleared, cells }: TableChanges): void {
    const changed = cleared ? new Map<StateKey, unknown>() : this.cells(table);
    for (const [key, cell] of cells) {
      if (cell === absent) changed.delete(key);
      else changed.set(key, cell);
    }
    this.tables.set(table, changed);
  }
}
