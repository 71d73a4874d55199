import type { JsonValue, SageError } from "@sage-kernel/core";
import type { SeatAddress } from "@sage-kernel/core/spi";
import { type ChannelProcess, newsOf } from "./channel-process.ts";
import { sendScript } from "./channel-scripts.ts";

/** Who sends. */
export interface Sender {
  readonly name: string;
  /** What tells it from all other holders at the server. */
  readonly identity: readonly [epoch: string, nonce: string];
  /** Fires when the seat is lost. */
  readonly lost: AbortSignal;
  /** Notes that it is, and answers what all that waits is told. */
  lose(): SageError;
}

/** A message that waits for its turn. */
interface Waiting {
  readonly to: SeatAddress;
  readonly body: JsonValue;
  /** Whether somebody still waits for it. */
  readonly wanted: () => boolean;
  readonly resolve: (sent: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Messages of one holder to one name: one at a time, each with a number, so that one whose answer was lost can be sent again. */
export class SendLane {
  readonly #process: ChannelProcess;
  readonly #sender: Sender;
  readonly #to: string;
  readonly #waiting: Waiting[] = [];
  #number = 0;
  #busy = false;
  /** Ends a wait for room. */
  #look: (() => void) | undefined;

  constructor(process: ChannelProcess, sender: Sender, to: string) {
    this.#process = process;
    this.#sender = sender;
    this.#to = to;
  }

  /** Sends a message behind all others. */
  send(to: SeatAddress, body: JsonValue, signal?: AbortSignal): Promise<boolean> {
    const { lost } = this.#sender;
    return new Promise((resolve, reject) => {
      let wanted = true;
      const onLost = (): void => waiting.reject(lost.reason);
      const onAbort = (): void => waiting.reject(signal?.reason);
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T): void => {
          wanted = false;
          lost.removeEventListener("abort", onLost);
          signal?.removeEventListener("abort", onAbort);
          settle(value);
          this.#look?.();
        };
      };
      const waiting: Waiting = {
        ...{ to, body, wanted: () => wanted },
        resolve: settled(resolve),
        reject: settled(reject),
      };
      lost.addEventListener("abort", onLost, { once: true });
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(waiting);
      if (!this.#busy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#number++;
      try {
        while (next.wanted() && !(await this.#send(next)));
      } catch (error) {
        next.reject(error);
      }
    }
    this.#busy = false;
  }

  /** Sends it, or waits until there may be room; answers whether it was sent. */
  async #send({ to, body, resolve, reject }: Waiting): Promise<boolean> {
    const { redis, capacity } = this.#process;
    const { name, identity } = this.#sender;
    const [mine, theirs] = [this.#process.keys(name), this.#process.keys(this.#to)];
    const keys = [mine.seat, mine.sent, theirs.seat, theirs.inbox, theirs.word];
    const message = [this.#number, name, this.#to, to.epoch ?? "", capacity, JSON.stringify(body)];
    const [state, word] = (await redis.run(sendScript, keys, [...identity, ...message])) as [number, Buffer];
    if (state === 2) {
      const { heard, stop } = newsOf(this.#process, theirs.word, String(word));
      this.#look = stop;
      await heard;
      this.#look = undefined;
      return false;
    }
    if (state === -1) reject(this.#sender.lose());
    else resolve(state === 1);
    return true;
  }
}
