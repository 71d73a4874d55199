import { RecordBuffer, type Routes } from "../packet/record-buffer.ts";
import type { StopSignal } from "../packet/stop-signal.ts";
import type { Connection, Output } from "./connection.ts";
import type { CopyRecord, OutputGroup } from "./output-group.ts";

/** What a router does beside partitioning. */
export interface RouterOptions {
  /** One group per edge that carries the task's dead letters. */
  readonly deadLetters?: readonly OutputGroup[];
  /** Throws for a record that must not leave: it has failed then, in the step that emitted it. */
  readonly check?: (payload: unknown) => void;
}

/**
 * Partitions what one task instance emits among its downstream instances. Each downstream step is a group; every
 * group gets every record, the second and later ones as copies.
 */
export class Router {
  /** One group per outgoing edge, in the order of the graph. */
  readonly groups: readonly OutputGroup[];
  /** One group per edge that carries dead letters. */
  readonly deadLetterGroups: readonly OutputGroup[];
  /** True when a single record may be refused, so that records must be selected within their attempt. */
  readonly selective: boolean;
  readonly #copy: CopyRecord | undefined;
  readonly #check: ((payload: unknown) => void) | undefined;
  readonly #choosers: readonly OutputGroup[];
  /** The only group, where there is one whose choice cannot fail. */
  readonly #only: OutputGroup | undefined;

  constructor(
    groups: readonly OutputGroup[],
    copy: CopyRecord | undefined,
    { deadLetters = [], check }: RouterOptions = {},
  ) {
    this.groups = groups;
    this.deadLetterGroups = deadLetters;
    this.#choosers = groups.filter((group) => group.select !== undefined);
    this.selective = this.#choosers.length > 0 || check !== undefined;
    this.#only = groups.length === 1 && this.#choosers.length === 0 ? groups[0] : undefined;
    this.#copy = copy;
    this.#check = check;
  }

  /**
   * Chooses targets for the records from `from` on; only needed when {@link selective}.
   *
   * @throws what a custom partitioner throws, and SageError `INVALID_ROUTE`, `NOT_SERIALIZABLE`.
   */
  select(records: RecordBuffer, from: number): void {
    if (this.#check !== undefined) {
      for (let i = from; i < records.length; i++) this.#check(records.payloads[i]);
    }
    if (this.#choosers.length === 0) return;
    if (records.routes === undefined) records.routes = [];
    records.routes.length = from;
    for (let i = from; i < records.length; i++) {
      records.routes.push(choose(this.#choosers, records, i));
    }
  }

  /** How many instances a record goes to that was selected for. */
  width(records: RecordBuffer, index: number): number {
    let width = 0;
    let choice = 0;
    for (const { select, copies = 1 } of this.groups) {
      width += select === undefined ? copies : (records.routes?.[index]?.[choice++]?.length ?? 0);
    }
    return width;
  }

  /** Turns the unit's records into outputs. The first group takes over the buffer's arrays. */
  route(records: RecordBuffer, outputs: Output[]): void {
    if (records.payloads.length === 0) return;
    records.padHeaders();
    if (this.#only !== undefined) this.#only.route(records, outputs, undefined, -1);
    else this.#routeTo(this.groups, this.#choosers, records, outputs);
  }

  /**
   * Turns dead letters into outputs of the edges that carry them.
   *
   * @throws what a custom partitioner of theirs throws, and SageError `INVALID_ROUTE`.
   */
  routeDeadLetters(letters: readonly unknown[], outputs: Output[]): void {
    if (letters.length === 0) return;
    const records = new RecordBuffer();
    records.payloads = [...letters];
    const choosers = this.deadLetterGroups.filter((group) => group.select !== undefined);
    if (choosers.length > 0) records.routes = letters.map((_, i) => choose(choosers, records, i));
    this.#routeTo(this.deadLetterGroups, choosers, records, outputs);
  }

  /** The last element of every channel. */
  stop(signal: StopSignal, outputs: Output[]): void {
    for (const connection of this.connections()) {
      if (!connection.stopped) outputs.push(connection.stop(signal));
    }
  }

  /** Every connection, edge by edge. */
  connections(): readonly Connection[] {
    return [...this.groups, ...this.deadLetterGroups].flatMap((group) => group.connections);
  }

  /** Records sent so far, by channel number. */
  sent(): Map<number, number> {
    return new Map(this.connections().map(({ target, sent }) => [target.channel, sent]));
  }

  #routeTo(
    groups: readonly OutputGroup[],
    choosers: readonly OutputGroup[],
    records: RecordBuffer,
    outputs: Output[],
  ): void {
    const shared = groups.some((group) => group.shared === true); // what others look at is nobody's own
    for (let g = groups.length - 1; g >= 0; g--) {
      const group = groups[g] as OutputGroup;
      const copy = (g === 0 && !shared) || group.shared === true ? undefined : this.#copy;
      group.route(records, outputs, copy, choosers.length === 0 ? -1 : choosers.indexOf(group));
    }
  }
}

function choose(choosers: readonly OutputGroup[], records: RecordBuffer, index: number): Routes {
  return choosers.map((group) => group.select?.(records, index) ?? []);
}
