import { hasCode, isSageError, reasonOf } from "../errors/sage-error.ts";
import type { Timer } from "../host/clock.port.ts";
import { isPromiseLike, whenSettled } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { Delivery, Queue } from "../queue/queue.port.ts";
import type { DirectReader } from "../service/direct-ways.ts";
import { MessageReader } from "../service/message-reader.ts";
import { CallRunner, type CallRunnerScope } from "./call-runner.ts";

/** What the loop of one instance works with. */
export interface ServiceLoopScope extends CallRunnerScope {
  readonly concurrency: number;
  readonly requests: Queue;
  readonly control: Queue;
  /** Called once: the requests have ended, and so has every call. */
  onEnd(): void;
}

/** Most requests taken at once; those beyond `concurrency` go on counting against the queue's capacity. */
const maxTaken = 256;
/** How long to wait for queues that cannot be read now, in ms. */
const againMs = 1000;

/** Serves requests in their order, up to `concurrency` at a time, until their queue is closed and empty. */
export class ServiceLoop implements DirectReader {
  readonly #scope: ServiceLoopScope;
  readonly #runner: CallRunner;
  #delivery: Delivery | undefined;
  /** The requests of the delivery, and how many of them have had their turn. */
  #line: readonly unknown[] = [];
  #served = 0;
  #taking = false;
  #ended = false;
  #halted = false;
  #refusing = false;
  #pumping = false;
  /** What is tried again in a while. */
  readonly #waiting = new Map<Timer, () => void>();

  constructor(scope: ServiceLoopScope) {
    this.#scope = scope;
    this.#runner = new CallRunner(scope, () => this.#pump());
  }

  /** Begins. */
  start(): void {
    const { requests, services } = this.#scope;
    services.ways.add(requests, this);
    this.#readControl();
    this.#pump();
  }

  /** Whether a request that came now would begin at once. */
  get ready(): boolean {
    const { stats, concurrency, requests } = this.#scope;
    const idle = this.#delivery === undefined && stats.running < concurrency && requests.size() === 0;
    return idle && !this.#refusing;
  }

  /** Begins a call that has not been through the queue. */
  read(request: unknown): void {
    this.#runner.begin(request, this.#scope.host.clock.monotonic());
  }

  /** Takes requests from its queue only, which is about to be closed. */
  refuse(): void {
    this.#refusing = true;
    this.#hurry();
  }

  /** Begins no further call: what it has taken and what it still takes counts as cancelled. */
  halt(): void {
    this.#halted = true;
    this.refuse();
    this.#pump();
  }

  /** Fires the signals of the calls that run. */
  abort(reason: unknown): void {
    this.#runner.abort(reason);
  }

  #readControl(): void {
    const { control, host, id } = this.#scope;
    const onEnd = (error: unknown): void => {
      if (error === undefined || this.#later(error, () => this.#readControl())) return;
      host.logger.error(() => `Reading the cancellations of "${id}" failed`, { error });
    };
    new MessageReader(control, (message) => this.#runner.cancel(message), onEnd).start();
  }

  /** Does something again in a while, where what has failed may be there again by then; answers whether. */
  #later(error: unknown, again: () => void): boolean {
    if (!isSageError(error) || error.kind !== "unavailable" || this.#refusing || this.#ended) return false;
    const { host, id } = this.#scope;
    host.logger.warn(() => `Service "${id}" cannot read its queues now, and tries again: ${error.message}`);
    const timer = host.clock.setTimer(againMs, () => {
      this.#waiting.delete(timer);
      again();
    });
    this.#waiting.set(timer, again);
    return true;
  }

  /** What waits to be tried again is tried at once, for the last time. */
  #hurry(): void {
    for (const [timer, again] of [...this.#waiting]) {
      timer.clear();
      this.#waiting.delete(timer);
      again();
    }
  }

  /** Begins calls while there is room, and takes requests while there are any. */
  #pump(): void {
    if (this.#pumping || this.#ended) return;
    this.#pumping = true;
    while (this.#serve() && this.#take());
    this.#pumping = false;
    if (this.#delivery?.done === true && this.#scope.stats.running === 0) {
      this.#ended = true;
      this.#scope.onEnd();
    }
  }

  /** Gives the requests at hand their turns; answers whether more can be taken. */
  #serve(): boolean {
    const { concurrency, stats, requests, host } = this.#scope;
    const delivery = this.#delivery;
    if (delivery === undefined) return true;
    if (delivery.done) return false;
    const before = this.#served;
    let now = host.clock.monotonic();
    if (this.#halted) {
      stats.cancelled += this.#line.length - this.#served;
      this.#served = this.#line.length;
    }
    while (this.#served < this.#line.length && stats.running < concurrency) {
      now = this.#runner.begin(this.#line[this.#served++], now);
    }
    const all = this.#served === this.#line.length;
    if (this.#served > before || all) {
      this.#advance(all ? delivery.position : requests.positionAfter(delivery, this.#served));
    }
    if (!all) return false;
    this.#delivery = undefined;
    this.#line = [];
    this.#served = 0;
    return this.#halted || stats.running < concurrency;
  }

  /** Takes the next requests; answers whether there were any at once. */
  #take(): boolean {
    if (this.#taking) return false;
    try {
      const taken = this.#scope.requests.take(maxTaken);
      if (!isPromiseLike(taken)) {
        this.#keep(taken);
        return true;
      }
      this.#taking = true;
      whenSettled(taken, this.#onTaken, this.#onFailed);
    } catch (error) {
      this.#onFailed(error);
    }
    return false;
  }

  readonly #onTaken = (delivery: Delivery): void => {
    this.#taking = false;
    this.#keep(delivery);
    this.#pump();
  };

  readonly #onFailed = (error: unknown): void => {
    const { host, id, requests } = this.#scope;
    const again = (): void => {
      this.#taking = false;
      this.#pump();
    };
    if (hasCode(error, "INPUT_VANISHED")) {
      whenSettled(Promise.resolve(requests.rewind()), again, this.#onFailed); // goes on with what is left
      return;
    }
    this.#taking = true; // until it is tried again
    if (this.#later(error, again)) return;
    host.logger.error(() => `Service "${id}" cannot take requests any more: ${reasonOf(error)}`, { error });
    this.#taking = false;
    this.#delivery = { batches: [], position: null, done: true };
    this.#pump();
  };

  /** What is done is told together with what is done next; that it was not changes nothing about reading. */
  readonly #onUntold = (error: unknown): void => {
    const { host, id } = this.#scope;
    host.logger.warn(() => `Service "${id}" could not say what it has done: ${reasonOf(error)}`, { error });
  };

  #keep(delivery: Delivery): void {
    const { batches } = delivery;
    this.#delivery = delivery;
    this.#line = batches.length === 1 ? (batches[0] as Batch).payloads : payloadsOf(batches);
  }

  #advance(position: Delivery["position"]): void {
    const advanced = this.#scope.requests.advance(position);
    if (isPromiseLike(advanced)) whenSettled(advanced, () => undefined, this.#onUntold);
  }
}

/** All payloads, in order; written out, since each call that has to wait passes here. */
function payloadsOf(batches: readonly Batch[]): unknown[] {
  const all: unknown[] = [];
  for (let i = 0; i < batches.length; i++) {
    const { payloads } = batches[i] as Batch;
    for (let n = 0; n < payloads.length; n++) all.push(payloads[n]);
  }
  return all;
}
