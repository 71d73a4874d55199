import { SageError } from "@sage-kernel/core";
import type { Clock } from "@sage-kernel/core/spi";
import type { Requests } from "./requests.ts";

/** How safe what has been written must be before anything of it leaves the system. */
export interface DurabilityLevel {
  /** Replicas that must have it in memory. */
  readonly replicas: number;
  /** Whether the server's own disk must have it. */
  readonly fsync: boolean;
}

/** What the server can do for it. */
export interface DurabilityMeans {
  /** Whether it fsyncs before it answers, as with `appendfsync always`. */
  readonly fsyncsAlways: boolean;
  /** Whether it knows WAITAOF. */
  readonly waitAof: boolean;
}

/** How long one look may wait at the server, in ms. */
const lookMs = 100;

/**
 * Waits until all that was answered before is as safe as it is to be. It has a connection of its own: a small write of its own
 * is behind everything before it in the stream of replication, and WAIT waits for the last write of its connection.
 */
export class Durability {
  readonly #requests: Requests;
  readonly #level: DurabilityLevel;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #outageMs: number;
  readonly #key: string;
  readonly #means: () => Promise<DurabilityMeans>;
  readonly #server: () => string | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(
    requests: Requests,
    level: DurabilityLevel,
    scope: {
      readonly clock: Pick<Clock, "monotonic">;
      readonly outageMs: number;
      /** Key of its own writes. */
      readonly key: string;
      readonly means: () => Promise<DurabilityMeans>;
      /** The server that has answered so far. */
      readonly server: () => string | undefined;
    },
  ) {
    this.#requests = requests;
    this.#level = level;
    this.#clock = scope.clock;
    this.#outageMs = scope.outageMs;
    this.#key = scope.key;
    this.#means = scope.means;
    this.#server = scope.server;
  }

  /**
   * Settles when all that was answered before this call is safe. Whoever asks while one wait is under way shares the next.
   *
   * @throws SageError `STORE_UNAVAILABLE` when that takes longer than an outage may; `STORE_UNSUITABLE`; `STORE_ROLLED_BACK`.
   */
  reached(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#wait().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.reached();
      });
    return this.#next;
  }

  /** Another server, or one that was started again, has not said what is waited for. @throws SageError `STORE_ROLLED_BACK`. */
  async #checkServer(before: string | undefined): Promise<void> {
    const info = String(await this.#requests.ask("INFO", ["server"]));
    if (/^run_id:(\w+)/m.exec(info)?.[1] !== before)
      throw new SageError("STORE_ROLLED_BACK", { store: "Redis" });
  }

  async #wait(): Promise<void> {
    const { replicas, fsync } = this.#level;
    const { fsyncsAlways, waitAof } = await this.#means();
    if (fsync && !fsyncsAlways && !waitAof) {
      throw new SageError("STORE_UNSUITABLE", {
        store: "Redis",
        problem: "it does not fsync before it answers, and has no WAITAOF",
        remedy:
          "Set `appendonly yes` and `appendfsync always`, or use Redis 7.2 or later, or give up `fsync`.",
      });
    }
    const aof = fsync && !fsyncsAlways;
    if (!aof && replicas === 0) return;
    const server = this.#server();
    const since = this.#clock.monotonic();
    for (;;) {
      const { connection } = this.#requests;
      await this.#requests.ask("SET", [this.#key, "1", "PX", 10_000]);
      const [command, args] = aof
        ? (["WAITAOF", [1, replicas, lookMs]] as const)
        : (["WAIT", [replicas, lookMs]] as const);
      const reply = await this.#requests.ask(command, args);
      if (connection !== this.#requests.connection) continue; // it may have waited for nothing
      const [synced, copies] = aof ? (reply as readonly [number, number]) : [1, reply as number];
      if (synced >= 1 && copies >= replicas) {
        await this.#checkServer(server);
        return;
      }
      const waitedMs = Math.round(this.#clock.monotonic() - since);
      if (waitedMs < this.#outageMs) continue;
      const disk = synced >= 1 ? "" : ", and its own disk does not have it";
      const problem = `${copies} of ${replicas} replicas have what was written${disk}`;
      throw new SageError("STORE_UNAVAILABLE", { store: "Redis", problem, waitedMs });
    }
  }
}
