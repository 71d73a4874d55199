import { type JsonValue, type Principal, SageError } from "@sage-kernel/core";
import { checkedJson, type JoinOptions, pathOf, type SeatAddress } from "@sage-kernel/core/spi";
import { FakeLink } from "../disruption/fake-link.ts";
import { FakeMailbox, type Holder } from "./fake-mailbox.ts";

/** A request that waits on the server. */
interface Waiter {
  /** Tries again, and answers whether it waits no longer. */
  readonly attempt: () => boolean;
  /** Fires when its client gives up. */
  readonly signal: AbortSignal;
}

/** Options of a {@link FakeJobHub}. */
export interface FakeJobHubOptions {
  /** Messages that a name holds unsettled before senders wait. Default 1,000. */
  readonly capacity?: number;
}

/**
 * A pretended server of job channels, which processes reach over connections that can be cut. The mutants of the contract
 * override one of its methods each.
 */
export class FakeJobHub extends FakeLink {
  readonly capacity: number;
  protected readonly boxes = new Map<string, FakeMailbox>();
  protected waiters: Waiter[] = [];
  /** Whom a process is known as; left out: it may do everything. */
  readonly principals = new Map<string, Principal>();
  /** Who has lost a seat and has not heard of it, since the connection is cut. */
  #unheard: (() => void)[] = [];
  #changing = false;
  #again = false;

  constructor({ capacity = 1000 }: FakeJobHubOptions = {}) {
    super();
    this.capacity = capacity;
  }

  override heal(): void {
    super.heal();
    for (const tell of this.#unheard.splice(0)) tell();
  }

  protected override gaveUp(): void {
    this.changed();
  }

  protected override forgetWaiting(): void {
    super.forgetWaiting();
    this.waiters = [];
  }

  protected override waitsThere(_id: number, signal: AbortSignal): boolean {
    return this.waiters.some((waiter) => waiter.signal === signal);
  }

  override killPeer(peer = ""): void {
    super.killPeer(peer);
    for (const box of this.boxes.values()) {
      if (box.holder?.peer === peer) box.lose("its process was killed");
    }
    this.changed();
  }

  /** A copy of what is to be sent. @throws SageError `NOT_JSON`. */
  checked(body: JsonValue): JsonValue {
    return checkedJson(body, (keys, got) => {
      return new SageError("NOT_JSON", { path: `body${pathOf(keys)}`, got });
    });
  }

  /** Gives a name to who joins, when it is their turn. */
  join(
    name: string,
    peer: string,
    { takeover = "fence" }: JoinOptions,
    onLost: Holder["onLost"],
    signal: AbortSignal,
  ) {
    const box = this.box(name);
    return this.until(() => {
      if (takeover === "wait" && box.holder !== undefined) return undefined;
      return this.hold(box, peer, (lost) => this.tell(() => onLost(lost)));
    }, signal);
  }

  /** Puts a message into a mailbox that has room. */
  post(from: Required<SeatAddress>, to: SeatAddress, body: JsonValue, signal: AbortSignal): Promise<boolean> {
    const [sender, box] = [this.box(from.name), this.box(to.name)];
    return this.until(() => {
      sender.check(from.epoch);
      if (to.epoch !== undefined && box.holder?.epoch !== to.epoch) return false;
      if (this.full(box)) return undefined;
      box.put(from, to.epoch, body, this.principals.get(sender.holder?.peer ?? ""));
      return true;
    }, signal);
  }

  /** Takes messages, once there are any. */
  take({ name, epoch }: Required<SeatAddress>, max: number, signal: AbortSignal) {
    const box = this.box(name);
    return this.until(() => {
      box.check(epoch);
      const taken = box.take(max);
      return taken.length === 0 ? undefined : taken;
    }, signal);
  }

  /** Drops messages. */
  settle({ name, epoch }: Required<SeatAddress>, ids: readonly string[]): void {
    const box = this.box(name);
    box.check(epoch);
    box.settle(ids);
    this.changed();
  }

  /** What the holders of a name hand down. */
  notesOf({ name, epoch }: Required<SeatAddress>): Map<string, JsonValue> {
    const box = this.box(name);
    box.check(epoch);
    return box.notes;
  }

  /** Takes a name from its holder, if that is the one. */
  leave({ name, epoch }: Required<SeatAddress>): void {
    const box = this.box(name);
    if (box.holder?.epoch !== epoch) return;
    box.lose("it was left");
    this.changed();
  }

  /** Makes somebody the holder of a name. */
  protected hold(box: FakeMailbox, peer: string, onLost: Holder["onLost"]): Holder {
    return box.hold(peer, onLost);
  }

  /** Whether senders wait. */
  protected full(box: FakeMailbox): boolean {
    return box.messages.length >= this.capacity;
  }

  /** The mailbox of a name. */
  protected box(name: string): FakeMailbox {
    let box = this.boxes.get(name);
    if (box === undefined) {
      box = new FakeMailbox(name);
      this.boxes.set(name, box);
    }
    return box;
  }

  /** Waits until an attempt answers something. */
  protected until<T>(attempt: () => T | undefined, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const tried = (): boolean => {
        try {
          if (signal.aborted) throw signal.reason;
          const answer = attempt();
          if (answer === undefined) return false;
          resolve(answer);
        } catch (error) {
          reject(error);
        }
        return true;
      };
      this.waiters.push({ attempt: tried, signal });
      this.changed();
    });
  }

  /** Lets those that wait try again, in their order, as long as one of them changes something for the others. */
  protected changed(): void {
    this.#again = true;
    if (this.#changing) return;
    this.#changing = true;
    while (this.#again) {
      this.#again = false;
      for (const waiter of [...this.waiters]) {
        if (!waiter.attempt()) continue;
        this.waiters = this.waiters.filter((other) => other !== waiter);
        this.#again = true;
      }
    }
    this.#changing = false;
  }

  /** Lets a client know something, now or when it can be reached again. */
  protected tell(tell: () => void): void {
    const arrived = this.transit();
    void Promise.resolve().then(() => {
      if (arrived()) tell();
      else if (this.connected) this.tell(tell);
      else this.#unheard.push(tell);
    });
  }
}
