import type { JobSeat } from "../control/job-channel.port.ts";
import type { JsonObject, JsonValue } from "../errors/json.ts";
import { reasonOf, SageError } from "../errors/sage-error.ts";
import { decodeError } from "../errors/wire-error.ts";
import type { Host } from "../host/host.ts";
import {
  type RunState,
  type WorkerAnswer,
  type WorkerAsk,
  type WorkerBeat,
  type WorkerOperation,
  workerVersion,
} from "./worker-message.ts";

/** Somebody who watches one run. */
export interface RunWatcher {
  /** It stands so now. */
  onState(state: RunState): void;
  /** It waits for input with nothing in flight. */
  onIdle(): void;
  /** Its worker is to be rid of it. */
  onLeaving(error: SageError): void;
  /** It is gone, with its worker or without. */
  onLost(error: SageError): void;
}

/** What was asked and is not answered. */
interface Asked {
  readonly message: WorkerAsk;
  sentAt: number;
  readonly resolve: (value: JsonValue) => void;
  readonly reject: (error: unknown) => void;
}

/** One worker, as its manager sees it. */
export class WorkerLink {
  readonly name: string;
  readonly epoch: number;
  /** What it has said last. */
  beat: WorkerBeat;
  /** When that was. */
  heardAt: number;
  lost: SageError | undefined;
  readonly #seat: JobSeat;
  readonly #host: Pick<Host, "clock" | "logger">;
  readonly #runs = new Map<string, { readonly watcher: RunWatcher; readonly step: string; n: number }>();
  readonly #asked = new Map<number, Asked>();
  /** Which time it is that the worker has come to be known. */
  readonly #link: number;
  #asks = 0;

  constructor(
    seat: JobSeat,
    host: Pick<Host, "clock" | "logger">,
    { name, epoch }: { readonly name: string; readonly epoch: number },
    beat: WorkerBeat,
    link: number,
  ) {
    this.#seat = seat;
    this.#host = host;
    this.name = name;
    this.epoch = epoch;
    this.beat = beat;
    this.heardAt = host.clock.monotonic();
    this.#link = link;
  }

  /** Tasks and services that it can still take. */
  get free(): number {
    return this.beat.slots - this.#runs.size;
  }

  /** How many instances of a step or service it has. */
  count(step: string): number {
    let count = 0;
    for (const run of this.#runs.values()) if (run.step === step) count++;
    return count;
  }

  /** It takes a run, whose watcher hears of it from now on. */
  take(run: string, step: string, watcher: RunWatcher): void {
    this.#runs.set(run, { watcher, step, n: -1 });
  }

  /** Asks it for something. @throws SageError `WORKER_LOST`; what it answers with. */
  ask(op: WorkerOperation, args: JsonObject): Promise<JsonValue> {
    if (this.lost !== undefined) return Promise.reject(this.lost);
    const ask = ++this.#asks;
    return new Promise((resolve, reject) => {
      const answered = Math.min(ask, ...this.#asked.keys()) - 1;
      const message: WorkerAsk = { v: workerVersion, kind: "ask", link: this.#link, ask, answered, op, args };
      const asked = { message, sentAt: 0, resolve, reject };
      this.#asked.set(ask, asked);
      this.#send(asked);
    });
  }

  /** Asks without waiting for the answer. */
  tell(op: WorkerOperation, args: JsonObject): void {
    this.ask(op, args).catch((error: unknown) => {
      if (this.lost !== undefined) return;
      this.#host.logger.warn(() => `Worker "${this.name}" has refused to ${op}: ${reasonOf(error)}`, {
        error,
      });
    });
  }

  /** It needs a run no longer. */
  drop(run: string): void {
    this.#runs.delete(run);
    if (this.lost === undefined) this.tell("drop", { run });
  }

  onAnswer(answer: WorkerAnswer): void {
    const asked = answer.link === this.#link ? this.#asked.get(answer.ask) : undefined;
    if (asked === undefined) return;
    this.#asked.delete(answer.ask);
    if (answer.ok) asked.resolve(answer.value);
    else asked.reject(decodeError(answer.error));
  }

  onBeat(beat: WorkerBeat): void {
    const before = this.heardAt;
    this.beat = beat;
    this.heardAt = this.#host.clock.monotonic();
    this.onStates(beat.runs);
    const known = new Set(beat.runs.map(({ run }) => run));
    for (const { run } of beat.runs) if (!this.#runs.has(run)) this.tell("drop", { run });
    for (const [run, { watcher, n }] of [...this.#runs]) {
      if (n >= 0 && !known.has(run)) {
        this.#runs.delete(run);
        watcher.onLost(this.#error("it knows nothing of it any more"));
      } else if (beat.leaving) watcher.onLeaving(this.#error("it is leaving"));
    }
    for (const { watcher } of [...this.#runs.values()]) watcher.onIdle(); // that it is may have been lost
    for (const asked of [...this.#asked.values()]) if (asked.sentAt < before) this.#send(asked); // or its answer
  }

  onStates(states: readonly RunState[]): void {
    for (const state of states) {
      const run = this.#runs.get(state.run);
      if (run === undefined || state.n < run.n) continue;
      run.n = state.n;
      run.watcher.onState(state);
    }
  }

  onIdle(runs: readonly string[]): void {
    for (const run of runs) this.#runs.get(run)?.watcher.onIdle();
  }

  /** It is gone: everything that it had goes on elsewhere. */
  lose(why: string): void {
    if (this.lost !== undefined) return;
    const error = this.#error(why);
    this.lost = error;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
    for (const { watcher } of [...this.#runs.values()]) watcher.onLost(error);
    this.#runs.clear();
  }

  /** Its manager has to do with it no longer: nothing is told to anybody, and what goes on there goes on. */
  close(reason: unknown): void {
    this.lost ??= this.#error("its manager has left");
    for (const { reject } of this.#asked.values()) reject(reason);
    this.#asked.clear();
    this.#runs.clear();
  }

  #error(why: string): SageError {
    return new SageError("WORKER_LOST", { worker: this.name, why });
  }

  #send(asked: Asked): void {
    asked.sentAt = this.#host.clock.monotonic();
    this.#seat.send({ name: this.name, epoch: this.epoch }, asked.message as unknown as JsonValue).then(
      (sent) => {
        if (!sent) this.lose("it has left");
      },
      () => undefined, // either the seat is lost, and with it everything, or it is asked again
    );
  }
}
