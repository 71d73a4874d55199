import type { JsonValue } from "@sage-kernel/core";
import { ChannelMarks, type LedgerCounts, type RecordId, TaskRecord } from "@sage-kernel/core/spi";

/** How far a task has come, as it is kept. */
interface KeptProgress {
  readonly sequence: number;
  /** Left out before the first unit with one. */
  readonly position?: JsonValue;
  readonly received: [number, number, boolean][];
  readonly sent: [number, number, boolean][];
  readonly ahead: readonly RecordId[];
  readonly handedOut: number;
  readonly finished: boolean;
  readonly retired: boolean;
  readonly ledger: LedgerCounts;
}

/** Progress as a text. */
export function writeProgress(record: TaskRecord): string {
  const { sequence, position, received, sent, ahead, handedOut, finished, retired, ledger } = record;
  const kept: KeptProgress = {
    sequence,
    ...(position === undefined ? {} : { position }),
    received: received.toList(),
    sent: sent.toList(),
    ahead,
    handedOut,
    finished,
    retired,
    ledger: ledger.toJSON(),
  };
  return JSON.stringify(kept);
}

/** A record with the progress that was written; a new one for none. */
export function readProgress(text: string | null): TaskRecord {
  const record = new TaskRecord();
  if (text === null) return record;
  const { position, received, sent, ledger, ...rest } = JSON.parse(text) as KeptProgress;
  Object.assign(record, rest);
  record.position = position;
  record.received = ChannelMarks.fromList(received);
  record.sent = ChannelMarks.fromList(sent);
  record.ledger.add(ledger);
  return record;
}
