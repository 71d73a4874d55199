import { SageError } from "@sage-kernel/core";
import type { RedisProcess } from "./redis-process.ts";
import { roomAgain } from "./room-wait.ts";
import type { TaskKeys } from "./task-keys.ts";
import { moveScript } from "./task-scripts.ts";

/** A queue in which outputs of a task wait for room. */
export interface Waiting {
  /** Key of its entries; the others begin likewise. */
  readonly entries: string;
  readonly capacity: number;
  /** How often there had been room when they found none; left out where that is not known. */
  readonly times?: number;
}

/** The incarnation that may move them now. */
interface Owner {
  readonly epoch: number;
  readonly nonce: string;
}

/** Moves on what a task has committed and what found no room, in parts, whatever becomes of its incarnations. */
export class WaitingOutputs {
  /** Settles when all of it is downstream; `undefined` when nothing waits. */
  delivered: Promise<void> | undefined;
  /** How often the server may have lost something before. */
  readonly life: number;
  readonly #process: RedisProcess;
  readonly #node: string;
  readonly #keys: TaskKeys;
  readonly #givenUp: Promise<never>;
  #owner: Owner = { epoch: 0, nonce: "" };

  constructor(process: RedisProcess, node: string, keys: TaskKeys) {
    this.#process = process;
    this.#node = node;
    this.#keys = keys;
    this.life = process.life;
    this.#givenUp = new Promise((_, reject) => {
      this.giveUp = () => reject(new SageError("STORE_ROLLED_BACK", { store: "Redis" }));
    });
    this.#givenUp.catch(() => undefined);
  }

  /** Moves nothing any more: what it knows is of no use. */
  giveUp!: () => void;

  /** A new incarnation goes on with it. */
  takeOver(owner: Owner): void {
    this.#owner = owner;
  }

  /** Begins to move what waits in these queues, unless that is under way. */
  begin(waiting: readonly Waiting[]): void {
    if (waiting.length === 0 || this.delivered !== undefined) return;
    const delivered = this.#move(waiting);
    this.delivered = delivered;
    const over = (): void => {
      if (this.delivered === delivered) this.delivered = undefined;
    };
    delivered.then(over, over);
  }

  /** @throws SageError `FENCED` when another process goes on with it; `QUEUE_CLOSED`; `STORE_UNAVAILABLE`; `STORE_TORN`. */
  async #move(all: readonly Waiting[]): Promise<void> {
    const { redis } = this.#process;
    let waiting = all;
    while (waiting.length > 0) {
      await this.#room(waiting);
      const owner = this.#owner;
      const named = waiting.flatMap(({ entries }) => [entries, `${entries}:m`, this.#keys.waiting(entries)]);
      const args = [owner.epoch, owner.nonce, ...waiting.map(({ capacity }) => capacity)];
      const moved = redis.run(moveScript, [this.#keys.task, ...named], args);
      const reply = await Promise.race([this.#givenUp, moved]);
      const [code, left = []] = reply as [number, (readonly [number, number])[]?];
      if (code === -2) {
        if (owner === this.#owner) throw new SageError("FENCED", { node: this.#node, epoch: owner.epoch });
        continue; // a later incarnation in this process
      }
      if (code === -5) throw new SageError("STORE_TORN", { store: "Redis", what: this.#node });
      waiting = waiting.flatMap(({ entries, capacity }, i) => {
        const [count, times] = left[i] as readonly [number, number];
        if (count < 0) throw new SageError("QUEUE_CLOSED", { queue: entries });
        return count === 0 ? [] : [{ entries, capacity, times }];
      });
    }
  }

  /** Waits until there is room in one of them, where it is known that there was none. */
  async #room(waiting: readonly Waiting[]): Promise<void> {
    if (waiting.some(({ times }) => times === undefined)) return;
    const waits = waiting.map(({ entries, times }) => {
      return roomAgain(this.#process.reader, `${entries}:r`, times as number);
    });
    try {
      await Promise.race([this.#givenUp, ...waits.map(({ heard }) => heard)]);
    } finally {
      for (const { heard, stop } of waits) {
        stop();
        heard.catch(() => undefined);
      }
    }
  }
}
