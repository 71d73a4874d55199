import { SageError } from "@sage-kernel/core";
import type { Clock, Timer } from "@sage-kernel/core/spi";
import type { ScriptArgument } from "./redis-port.ts";
import type { Answer, Wire } from "./wire.ts";

/** A command that waits for its answer. */
interface Pending {
  readonly command: string;
  readonly args: readonly ScriptArgument[];
  readonly since: number;
  /** When it was sent last; `undefined` while it is not under way. */
  sentAt: number | undefined;
  /** Rises with each sending: what an earlier one answers is of no interest. */
  attempt: number;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How long to wait, in ms. */
export interface RequestLimits {
  /** For an answer over a connection that stands; then the connection is dropped, and everything sent again. */
  readonly answerMs: number;
  /** For an answer at all, however often the connection is lost. */
  readonly outageMs: number;
}

/** Refusals that are gone after a while: the server starts, fails over, or is busy with a script. */
const passing = /^(LOADING|READONLY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|BUSY|NOREPLICAS|UNBLOCKED)\b/;
const againMs = 50;
const looksPerLimit = 4;

/**
 * Commands on their way: each is sent until it is answered, over as many connections as that takes, always the same and
 * in the order in which they were asked for. So only commands may be asked for that can be done twice.
 */
export class Requests {
  readonly #wire: Wire;
  readonly #clock: Pick<Clock, "monotonic" | "setTimer">;
  readonly #limits: RequestLimits;
  readonly #store: string;
  readonly #pending = new Set<Pending>();
  #timer: Timer | undefined;
  #closed = false;

  /** `store` is how the server is called in errors. */
  constructor(
    wire: Wire,
    clock: Pick<Clock, "monotonic" | "setTimer">,
    limits: RequestLimits,
    store: string,
  ) {
    this.#wire = wire;
    this.#clock = clock;
    this.#limits = limits;
    this.#store = store;
    wire.onReady = () => {
      for (const pending of [...this.#pending]) this.#send(pending);
    };
    wire.onLost = () => {
      for (const pending of this.#pending) pending.sentAt = undefined;
    };
  }

  /** Commands without an answer. */
  get size(): number {
    return this.#pending.size;
  }

  /**
   * Asks for something.
   *
   * @throws SageError `STORE_UNAVAILABLE` without an answer for too long; `STORE_REFUSED` when the server refuses it. The
   * signal's reason when it fires while the command is not under way: it was never sent, or its connection was lost.
   */
  ask(command: string, args: readonly ScriptArgument[], signal?: AbortSignal): Promise<unknown> {
    let onAbort = (): void => undefined;
    const answer = new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#closed) throw this.#unavailable(0, "its connection is closed");
      const since = this.#clock.monotonic();
      const pending: Pending = { command, args, since, sentAt: undefined, attempt: 0, resolve, reject };
      onAbort = () => {
        if (pending.sentAt === undefined) this.#fail(pending, signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#pending.add(pending);
      if (this.#wire.ready) this.#send(pending);
      this.#watch();
    });
    return signal === undefined ? answer : answer.finally(() => signal.removeEventListener("abort", onAbort));
  }

  /** Ends it: what waits is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.clear();
    for (const pending of [...this.#pending])
      this.#fail(pending, this.#unavailable(0, "its connection is closed"));
    await this.#wire.close();
  }

  #send(pending: Pending): void {
    const attempt = ++pending.attempt;
    pending.sentAt = this.#clock.monotonic();
    void this.#wire.send(pending.command, pending.args).then((answer) => {
      if (pending.attempt === attempt && this.#pending.has(pending)) this.#onAnswer(pending, answer);
    });
  }

  #onAnswer(pending: Pending, answer: Answer): void {
    if (answer.kind === "reply") {
      this.#pending.delete(pending);
      pending.resolve(answer.reply);
    } else if (answer.kind === "lost") {
      pending.sentAt = undefined; // sent again when there is a connection
      if (this.#wire.ready) this.#again(pending);
    } else if (passing.test(answer.message)) {
      pending.sentAt = undefined;
      this.#again(pending);
    } else {
      const { command } = pending;
      this.#fail(
        pending,
        new SageError("STORE_REFUSED", { store: this.#store, command, message: answer.message }),
      );
    }
  }

  #again(pending: Pending): void {
    const { attempt } = pending;
    this.#clock.setTimer(againMs, () => {
      if (this.#pending.has(pending) && pending.attempt === attempt && this.#wire.ready) this.#send(pending);
    });
  }

  /** Looks from time to time at what is under way, as long as anything is. */
  #watch(): void {
    if (this.#timer !== undefined || this.#pending.size === 0 || this.#closed) return;
    this.#timer = this.#clock.setTimer(this.#limits.answerMs / looksPerLimit, () => {
      this.#timer = undefined;
      this.#look();
      this.#watch();
    });
  }

  #look(): void {
    const now = this.#clock.monotonic();
    let silent = false;
    for (const pending of [...this.#pending]) {
      const waited = now - pending.since;
      if (waited >= this.#limits.outageMs)
        this.#fail(pending, this.#unavailable(waited, "it does not answer"));
      else if (pending.sentAt !== undefined && now - pending.sentAt >= this.#limits.answerMs) silent = true;
    }
    if (silent) this.#wire.reset();
  }

  #fail(pending: Pending, error: unknown): void {
    this.#pending.delete(pending);
    pending.reject(error);
  }

  #unavailable(waitedMs: number, problem: string): SageError {
    return new SageError("STORE_UNAVAILABLE", {
      store: this.#store,
      problem,
      waitedMs: Math.round(waitedMs),
    });
  }
}
