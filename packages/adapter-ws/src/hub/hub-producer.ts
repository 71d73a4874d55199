import type { Batch, RoomRequest, Timer } from "@sage-kernel/core/spi";
import { WireFault } from "../wire/wire-fault.ts";
import type { CreditHolder, HubQueue, Lent } from "./hub-queue.ts";

/** How a producer at the other end of a link is told. */
export interface ProducerLink {
  /** It may send so many records and bytes, in all. */
  grant(records: number, bytes: number): void;
  /** Whether it can be told anything now. */
  readonly connected: boolean;
  /** What it does not use others need. */
  recall(): void;
  /** The queue is closed. */
  closed(): void;
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** How long one may take to give credit back before others have it all the same, in ms. */
const patienceMs = 1000;

/** Most credit that is given without being asked for. */
const mostAhead = 32_768;
const mostBytesAhead = 2 * 1024 * 1024;

/**
 * The hub's side of a producer: credit is room that is set aside in the queue, so whatever comes under it fits. Counts are absolute
 * and only grow, so that a message may be repeated without harm.
 */
export class HubProducer implements CreditHolder {
  readonly #queue: HubQueue;
  readonly #link: ProducerLink;
  /** Its place in the line for records, and in that for bytes: one in each, until it has what it has asked for. */
  #inLine: RoomRequest | undefined;
  #inByteLine: RoomRequest | undefined;
  /** What it wants to have sent in all, whether it was asked for or not. */
  #wanted = 0;
  #wantedBytes = 0;
  #granted = 0;
  #grantedBytes = 0;
  /** Asked for, granted or not. */
  #asked = 0;
  #askedBytes = 0;
  #used = 0;
  #usedBytes = 0;
  /** Of what it has not used, what others have now, since it could not be asked for it. */
  #lent = 0;
  #lentBytes = 0;
  #recalled = false;
  /** Whether it is gone. */
  #left = false;
  #patience: Timer | undefined;
  #told = 0;
  #toldBytes = 0;

  constructor(queue: HubQueue, link: ProducerLink) {
    this.#queue = queue;
    this.#link = link;
    if (queue.closed) link.closed();
  }

  /** Whether it was asked for what it does not use, and has not given it back. */
  get recalled(): boolean {
    return this.#recalled;
  }

  /** It wants to have sent so much in all. */
  onWant(records: number, bytes: number): void {
    if (this.#queue.closed) return;
    this.#wanted = Math.max(this.#wanted, records);
    this.#wantedBytes = Math.max(this.#wantedBytes, bytes);
    this.#askForWanted();
    this.#queue.recallFor(this);
  }

  /** It wants to have sent so much in all if there is room for it now, whatever others do not use of theirs. */
  async onWantNow(records: number, bytes: number): Promise<void> {
    if (records > this.#granted || bytes > this.#grantedBytes) await this.#queue.reclaim(this);
    if (this.#left || this.#queue.crowded || this.#queue.closed) return;
    this.#askRecords(Math.min(records - this.#asked, this.#queue.inner.room));
    this.#askBytes(Math.min(bytes - this.#askedBytes, this.#queue.bytesRoom));
  }

  /**
   * It has sent a batch.
   *
   * @throws WireFault `limit` for more than it may send.
   */
  onData(batch: Batch, bytes: number): void {
    if (this.#left) return; // the queue is closed, and did not wait for it
    const records = batch.payloads.length;
    const weight = records === 0 ? 0 : bytes; // a stop signal weighs nothing
    const lent = this.#use(records, weight);
    this.#queue.arrive(batch, weight, lent, this);
    this.#askForWanted();
    this.#ahead();
  }

  /**
   * It gives credit back.
   *
   * @throws WireFault `limit` for more than it has.
   */
  onGiveBack(records: number, bytes: number): void {
    if (this.#left) return;
    const lent = this.#use(records, bytes);
    this.#answered();
    this.#queue.giveBack(records, bytes, lent);
    this.#askForWanted();
  }

  /** Gives it more before it asks, where nobody else waits. */
  topUp(): void {
    this.#ahead();
  }

  /** Asks for what it does not use, if that is what somebody needs. */
  recall(records: boolean, bytes: boolean): void {
    const some = records && this.#granted - this.#used - this.#lent > 0;
    const weight = bytes && this.#grantedBytes - this.#usedBytes - this.#lentBytes > 0;
    if (this.#recalled || !(some || weight)) return;
    this.#recalled = true;
    if (!this.#link.connected) {
      this.disconnected();
      return;
    }
    this.#link.recall();
    this.#patience = this.#link.setTimer(patienceMs, () => this.disconnected());
  }

  /** It cannot be told anything for now: what it was asked for others have at once, and what comes all the same is taken in. */
  disconnected(): void {
    if (this.#queue.closed && this.#asksOnly) this.#queue.removeProducer(this);
    if (!this.#recalled || this.#left) return;
    this.#answered();
    const records = this.#granted - this.#used - this.#lent;
    const bytes = this.#grantedBytes - this.#usedBytes - this.#lentBytes;
    this.#lent += records;
    this.#lentBytes += bytes;
    this.#queue.lend(records, bytes);
  }

  /**
   * The queue is closed, and ends when everything has come that there is credit for. For requests of a process that says nothing
   * it does not wait: nobody serves them any more.
   */
  close(): void {
    this.#leaveLines();
    this.#link.closed();
    if (!this.#asksOnly) return;
    if (this.#link.connected) this.#patience = this.#link.setTimer(patienceMs, () => this.disconnected());
    else this.disconnected();
  }

  /** It is gone, and what it has not used is free. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#leaveLines();
    const rest = { records: this.#lent, bytes: this.#lentBytes };
    this.#queue.giveBack(this.#granted - this.#used, this.#grantedBytes - this.#usedBytes, rest);
    this.#used = this.#granted;
    this.#usedBytes = this.#grantedBytes;
    this.#answered();
  }

  /** Whether what it puts are requests and answers, which are not promised to arrive. */
  get #asksOnly(): boolean {
    return this.#queue.descriptor.options.mode === "call";
  }

  #answered(): void {
    this.#recalled = false;
    this.#patience?.clear();
  }

  /** Uses credit, and answers how much of it others have had. */
  #use(records: number, bytes: number): Lent {
    if (this.#used + records > this.#granted || this.#usedBytes + bytes > this.#grantedBytes)
      throw new WireFault("limit", "more was sent than there is credit for");
    this.#used += records;
    this.#usedBytes += bytes;
    const lent = { records: Math.min(records, this.#lent), bytes: Math.min(bytes, this.#lentBytes) };
    this.#lent -= lent.records;
    this.#lentBytes -= lent.bytes;
    return lent;
  }

  /** Asks for what it wants, as far as the queue could ever hold what it has not used; once it has what it waits for, if it does. */
  #askForWanted(): void {
    const { closed, maxBytes, descriptor } = this.#queue;
    if (closed || this.#left) return;
    const bytes = maxBytes - (this.#askedBytes - this.#usedBytes);
    const records = descriptor.capacity - (this.#asked - this.#used);
    if (this.#inByteLine === undefined) this.#askBytes(Math.min(this.#wantedBytes - this.#askedBytes, bytes));
    if (this.#inLine === undefined) this.#askRecords(Math.min(this.#wanted - this.#asked, records));
    if (this.#inLine !== undefined || this.#inByteLine !== undefined) this.#queue.recallFor(this);
  }

  #askRecords(more: number): void {
    if (more <= 0) return;
    this.#asked += more;
    const give = (records: number): void => {
      this.#granted += records;
      this.#tell();
      this.#yieldSoon();
      if (this.#inLine === undefined || this.#granted < this.#asked) return;
      this.#inLine = undefined;
      queueMicrotask(() => this.#askForWanted()); // the queue is giving now
    };
    const request = this.#queue.inner.reserve(more, give, () => undefined);
    if (this.#granted < this.#asked) this.#inLine = request;
  }

  #askBytes(more: number): void {
    if (more <= 0) return;
    this.#askedBytes += more;
    const give = (): void => {
      this.#grantedBytes += more;
      this.#tell();
      this.#yieldSoon();
      if (this.#inByteLine === undefined) return;
      this.#inByteLine = undefined;
      queueMicrotask(() => this.#askForWanted());
    };
    const request = this.#queue.reserveBytes(more, give);
    if (this.#grantedBytes < this.#askedBytes) this.#inByteLine = request;
  }

  /** What it is given late it may need no longer: where others wait behind it, it gives back what it does not use at once. */
  #yieldSoon(): void {
    if (this.#queue.crowded) queueMicrotask(() => this.#queue.recallFrom(this));
  }

  #leaveLines(): void {
    const [records, bytes] = [this.#inLine, this.#inByteLine];
    this.#inLine = undefined;
    this.#inByteLine = undefined;
    records?.cancel();
    bytes?.cancel();
  }

  #ahead(): void {
    const { inner, bytesRoom, crowded } = this.#queue;
    if (crowded || inner.closed || this.#recalled) return;
    const unused = this.#granted - this.#used;
    const goal = Math.min(mostAhead, inner.room + unused);
    if (unused < goal / 2) this.#askRecords(goal - unused);
    const unusedBytes = this.#grantedBytes - this.#usedBytes;
    const goalBytes = Math.min(mostBytesAhead, bytesRoom + unusedBytes);
    if (unusedBytes < goalBytes / 2) this.#askBytes(goalBytes - unusedBytes);
  }

  #tell(): void {
    if (this.#granted === this.#told && this.#grantedBytes === this.#toldBytes) return;
    this.#told = this.#granted;
    this.#toldBytes = this.#grantedBytes;
    this.#link.grant(this.#granted, this.#grantedBytes);
  }
}
