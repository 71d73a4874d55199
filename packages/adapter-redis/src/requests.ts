import { SageError } from "@sage-kernel/core";
import type { Clock, Timer } from "@sage-kernel/core/spi";
import type { ScriptArgument } from "./redis-port.ts";
import { type Answer, passing, type Wire } from "./wire.ts";

/** A command that waits for its answer. */
interface Pending {
  readonly command: string;
  readonly args: readonly ScriptArgument[];
  /** Whether it is to be sent once at most. */
  readonly once: boolean;
  readonly since: number;
  /** When it was sent last; `undefined` while it is not under way. */
  sentAt: number | undefined;
  /** Rises with each sending: what an earlier one answers is of no interest. */
  attempt: number;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How something is asked for. */
export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether it is never sent again, once it may have been done. Default: no. */
  readonly once?: boolean;
}

/** What was asked for once may have been done: its answer was lost. */
export const answerLost = new Error("the answer was lost");

/** How long to wait, in ms. */
export interface RequestLimits {
  /** For an answer over a connection that stands; then the connection is dropped, and everything sent again. */
  readonly answerMs: number;
  /** For an answer at all, however often the connection is lost. */
  readonly outageMs: number;
}

/**
 * What is done over each new connection before anything else. Answers `false` where the connection is of no use, and another
 * one may be; throws where none ever will be.
 */
export type Greeting = (send: Wire["send"]) => Promise<boolean>;

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
  /** Whether what is asked for can be sent: there is a connection, and it was greeted. */
  #open = false;
  /** Rises with each connection that is won or lost. */
  #connection = 0;
  /** While a connection is greeted: when it was last heard of. */
  #greetingSince: number | undefined;
  /** Why nothing will ever be sent. */
  #broken: unknown;
  #timer: Timer | undefined;
  #closed = false;

  /** `store` is how the server is called in errors; `greet` is done over each new connection before anything else. */
  constructor(
    wire: Wire,
    clock: Pick<Clock, "monotonic" | "setTimer">,
    limits: RequestLimits,
    store: string,
    greet?: Greeting,
  ) {
    this.#wire = wire;
    this.#clock = clock;
    this.#limits = limits;
    this.#store = store;
    wire.onReady = () => {
      const connection = ++this.#connection;
      if (greet === undefined) this.#begin();
      else void this.#greeted(connection, greet);
    };
    wire.onLost = () => {
      this.#connection++;
      this.#open = false;
      this.#greetingSince = undefined;
      for (const pending of [...this.#pending]) this.#unsent(pending);
    };
  }

  /** Rises with each connection that is won or lost. */
  get connection(): number {
    return this.#connection;
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
   * {@link answerLost} where it is asked for once, and its connection was lost.
   */
  ask(
    command: string,
    args: readonly ScriptArgument[],
    { signal, once = false }: AskOptions = {},
  ): Promise<unknown> {
    let onAbort = (): void => undefined;
    const answer = new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#closed) throw this.#unavailable(0, "its connection is closed");
      if (this.#broken !== undefined) throw this.#broken;
      const since = this.#clock.monotonic();
      const pending: Pending = { command, args, once, since, sentAt: undefined, attempt: 0, resolve, reject };
      onAbort = () => {
        if (pending.sentAt === undefined) this.#fail(pending, signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#pending.add(pending);
      if (this.#open) this.#send(pending);
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

  /** Sends all that waits. */
  #begin(): void {
    this.#open = true;
    for (const pending of [...this.#pending]) this.#send(pending);
  }

  async #greeted(connection: number, greet: Greeting): Promise<void> {
    this.#greetingSince = this.#clock.monotonic();
    const send: Wire["send"] = async (command, args) => {
      const answer = await this.#wire.send(command, args);
      if (connection === this.#connection) this.#greetingSince = this.#clock.monotonic();
      return answer;
    };
    try {
      const greeted = await greet(send);
      if (connection !== this.#connection) return;
      if (greeted) this.#begin();
      else this.#wire.reset();
    } catch (error) {
      if (connection !== this.#connection || this.#closed) return;
      this.#broken = error;
      for (const pending of [...this.#pending]) this.#fail(pending, error);
    } finally {
      if (connection === this.#connection) this.#greetingSince = undefined;
    }
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
      this.#unsent(pending); // sent again when there is a connection
      if (this.#open && this.#pending.has(pending)) this.#again(pending);
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

  /** It is not under way any more: its connection is lost. */
  #unsent(pending: Pending): void {
    const sent = pending.sentAt !== undefined;
    pending.sentAt = undefined;
    if (sent && pending.once) this.#fail(pending, answerLost);
  }

  #again(pending: Pending): void {
    const { attempt } = pending;
    this.#clock.setTimer(againMs, () => {
      if (this.#pending.has(pending) && pending.attempt === attempt && this.#open) this.#send(pending);
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
    const { answerMs } = this.#limits;
    let silent = this.#greetingSince !== undefined && now - this.#greetingSince >= answerMs;
    for (const pending of [...this.#pending]) {
      const waited = now - pending.since;
      if (waited >= this.#limits.outageMs)
        this.#fail(pending, this.#unavailable(waited, "it does not answer"));
      else if (pending.sentAt !== undefined && now - pending.sentAt >= answerMs) silent = true;
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
