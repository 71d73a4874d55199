import type { MaybePromise } from "@sage-kernel/core/spi";
import type { Disruption } from "./disruption.ts";

/** What the server does for a request; the signal fires when its client gives up. */
export type Operation = (signal: AbortSignal) => MaybePromise<unknown>;

/** Something that a client asks of the server, until it has heard the answer. */
export interface Request {
  readonly id: number;
  /** Which process asks. */
  readonly peer: string;
  readonly run: Operation;
  /** Gives it up on the server. */
  readonly abort: AbortController;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The way between processes and a pretended server, over connections that can be cut. A client repeats what it has heard
 * no answer to, under the same number and in its order; the server does what has a number once.
 */
export class FakeLink implements Disruption {
  /** Requests without an answer, in their order. */
  protected waiting = new Map<number, Request>();
  /** What the server has begun, by number, as long as it has no answer there or the client has none. */
  protected readonly begun = new Map<number, { readonly answer: Promise<unknown>; answered: boolean }>();
  readonly #cuts = new Set<() => void>();
  protected connected = true;
  #connection = 0;
  #requests = 0;

  /** Asks the server for something. */
  ask(run: Operation, signal?: AbortSignal, peer = ""): Promise<unknown> {
    signal?.throwIfAborted();
    let giveUp = (): void => undefined;
    return new Promise((resolve, reject) => {
      const id = this.#requests++;
      const request: Request = { id, peer, run, abort: new AbortController(), resolve, reject };
      this.waiting.set(id, request);
      giveUp = () => this.giveUp(request, signal?.reason);
      signal?.addEventListener("abort", giveUp, { once: true });
      this.send(request);
    }).finally(() => signal?.removeEventListener("abort", giveUp));
  }

  cut(): void {
    this.connected = false;
    this.#connection++;
    for (const cut of [...this.#cuts]) cut();
  }

  /** Asks the server for something that is of no importance where it cannot be reached: resolves when it was cut. */
  async tellServer(run: Operation, peer = ""): Promise<void> {
    const told = this.ask(run, undefined, peer);
    if (!this.connected) return;
    let onCut = (): void => undefined;
    const cut = new Promise<void>((resolve) => {
      onCut = resolve;
    });
    this.#cuts.add(onCut);
    await Promise.race([told, cut]).finally(() => this.#cuts.delete(onCut));
  }

  heal(): void {
    this.connected = true;
    for (const request of this.waiting.values()) this.send(request);
  }

  restartServer(): void {
    this.cut();
    this.forgetWaiting();
    this.heal();
  }

  /** Ends a process: nobody waits any more for what it has asked. */
  killPeer(peer = ""): void {
    for (const [id, request] of this.waiting) {
      if (request.peer !== peer) continue;
      request.abort.abort(new Error("the process was killed"));
      this.waiting.delete(id);
    }
  }

  /** Sends a request over the connection of now. */
  protected send(request: Request): void {
    if (!this.connected) return;
    const arrived = this.transit();
    void Promise.resolve().then(() => {
      if (!arrived()) return; // lost on its way there
      this.execute(request).then(
        (value) => {
          if (arrived() && this.waiting.delete(request.id)) request.resolve(value);
        },
        (error) => {
          if (arrived() && this.waiting.delete(request.id)) request.reject(error);
        },
      );
    });
  }

  /** Tells later whether what is on its way now has arrived, or was lost with its connection. */
  protected transit(): () => boolean {
    const connection = this.#connection;
    return () => this.connected && connection === this.#connection;
  }

  /** Does what has not been done under this number. */
  protected execute({ id, run, abort }: Request): Promise<unknown> {
    const known = this.begun.get(id);
    if (known !== undefined) return known.answer;
    const begun = { answer: new Promise((resolve) => resolve(run(abort.signal))), answered: false };
    const answered = (): void => {
      begun.answered = true;
    };
    begun.answer.then(answered, answered);
    this.begun.set(id, begun);
    return begun.answer;
  }

  /** Gives a request up: the server decides whether it came too late, unless it cannot be asked. */
  protected giveUp(request: Request, reason: unknown): void {
    request.abort.abort(reason);
    this.gaveUp();
    if (!this.connected && this.waiting.delete(request.id)) request.reject(reason);
  }

  /** Somebody has given up: the server looks at those that wait. */
  protected gaveUp(): void {}

  /** The server has forgotten who waits for what: they ask again. What it has done it knows. */
  protected forgetWaiting(): void {
    for (const { id, abort } of this.waiting.values())
      if (this.waitsThere(id, abort.signal)) this.begun.delete(id);
  }

  /** Whether a request is waiting on the server. */
  protected waitsThere(id: number, _signal: AbortSignal): boolean {
    return this.begun.get(id)?.answered === false;
  }
}
