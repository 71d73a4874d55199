import type { JsonValue } from "../errors/json.ts";
import { ChannelMarks } from "./channel-marks.ts";
import type { RecordId, TaskProgress, UnitOfWork } from "./commit.port.ts";
import { TaskLedger } from "./ledger.ts";
import { absent, type StateKey } from "./state-key.ts";
import type { StateReader, StoredCells } from "./state-reader.port.ts";
import type { TaskContents } from "./state-store.port.ts";

/** Everything that is committed of one task, in memory. */
export class TaskRecord implements TaskProgress, StateReader {
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
  readonly ledger = new TaskLedger();
  /** What the last unit waits for; it may have settled already. */
  delivered: PromiseLike<void> | undefined;
  /** The last attempt that was applied. */
  #appliedEpoch = 0;
  #appliedAttempt = 0;
  readonly #tables = new Map<string, CellTable>();

  /** Whether a unit is the last one that was applied. */
  knows({ sequence, epoch, attempt }: UnitOfWork): boolean {
    return sequence === this.sequence && epoch === this.#appliedEpoch && attempt === this.#appliedAttempt;
  }

  /** Adds a unit that has passed every check. */
  apply(unit: UnitOfWork): void {
    this.sequence = unit.sequence;
    this.delivered = undefined;
    this.#appliedEpoch = unit.epoch;
    this.#appliedAttempt = unit.attempt;
    if (unit.position !== undefined) this.position = unit.position;
    const { consumed, outputs, state } = unit;
    for (let i = 0; i < consumed.length; i++) this.received.move(consumed[i] as (typeof consumed)[number]);
    for (let i = 0; i < outputs.length; i++) this.sent.move((outputs[i] as (typeof outputs)[number]).batch);
    this.ahead = unit.ahead;
    this.handedOut = unit.handedOut;
    this.finished = unit.finished;
    this.ledger.set(unit.ledger);
    for (let i = 0; i < state.length; i++) this.#change(state[i] as (typeof state)[number]);
  }

  table(name: string): StoredCells {
    return this.#table(name);
  }

  names(): readonly string[] {
    return [...this.#tables].filter(([, table]) => table.cells.size > 0).map(([name]) => name);
  }

  /** A snapshot; copies references alone, since cells are immutable. */
  contents(): TaskContents {
    const { position, finished, retired } = this;
    const tables = new Map(this.names().map((name) => [name, new Map(this.#table(name).cells)]));
    return { position, finished: finished || retired, tables };
  }

  /** Begins with what another job has committed. */
  restore({ position, finished, tables }: TaskContents): void {
    this.position = position;
    this.retired = finished;
    this.#tables.clear();
    for (const [name, cells] of tables) this.#table(name).cells = new Map(cells);
  }

  /** The progress now, without the state. */
  copy(): TaskRecord {
    const copy = new TaskRecord();
    copy.sequence = this.sequence;
    copy.position = this.position;
    copy.received = this.received.copy();
    copy.sent = this.sent.copy();
    copy.ahead = this.ahead;
    copy.handedOut = this.handedOut;
    copy.finished = this.finished;
    copy.retired = this.retired;
    copy.ledger.set(this.ledger);
    copy.delivered = this.delivered;
    return copy;
  }

  #table(name: string): CellTable {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new CellTable();
      this.#tables.set(name, table);
    }
    return table;
  }

  #change({ table: name, cleared, cells }: UnitOfWork["state"][number]): void {
    const table = this.#table(name);
    if (cleared) table.cells = new Map(); // somebody may be reading the old ones
    for (const [key, cell] of cells) {
      if (cell === absent) table.cells.delete(key);
      else table.cells.set(key, cell);
    }
  }
}

/** The cells of one table. */
class CellTable implements StoredCells {
  cells = new Map<StateKey, unknown>();

  get(key: StateKey): unknown {
    return this.cells.get(key);
  }

  entries(): Iterable<readonly [StateKey, unknown]> {
    return this.cells.entries();
  }
}
