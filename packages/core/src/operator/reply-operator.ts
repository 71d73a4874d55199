import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Cursor, OpenRecord, Operator } from "./operator.port.ts";
import type { RequestAccess } from "./request-access.ts";
import { runEach } from "./run-each.ts";

/** Answers the request that each record stems from. A record that stems from none is left out. */
export class ReplyOperator implements Operator {
  readonly #requests: RequestAccess;
  readonly #service: string | undefined;
  #answered = false;

  /** With `service`, only the requests of that one are answered. */
  constructor(requests: RequestAccess, service: string | undefined) {
    this.#requests = requests;
    this.#service = service;
  }

  open(): void {}

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    runEach(this, batch, from, to, out, cursor);
  }

  /** Nothing: the record is data, even where it looks like a promise. */
  invoke(): undefined {
    return undefined;
  }

  apply(_answer: unknown, { payload, headers }: OpenRecord): boolean {
    this.#answered = this.#requests.answer(headers, payload, this.#service);
    return !this.#answered;
  }

  /** What was answered has come to something; asked right after each record. */
  retains(): boolean {
    return this.#answered;
  }

  endInput(): void {}

  finish(): boolean {
    return true;
  }

  close(): void {}
}
