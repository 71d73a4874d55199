import type { ChannelMessage, JobSeat } from "../control/job-channel.port.ts";
import type { JsonObject } from "../errors/json.ts";
import { SageError } from "../errors/sage-error.ts";
import type { Timer } from "../host/clock.port.ts";
import type { Host } from "../host/host.ts";
import { type RunWatcher, WorkerLink } from "./worker-link.ts";
import { type JobLines, readWorkerMessage, type WorkerBeat, type WorkerOperation } from "./worker-message.ts";

/** What a pool of workers goes by. */
export interface WorkerPoolScope {
  /** The manager's. */
  readonly seat: JobSeat;
  readonly host: Pick<Host, "clock" | "logger">;
  /** How long a worker may be silent before it is taken for dead, in ms. */
  readonly leaseMs: number;
  /** How long something may wait for a worker that takes it, in ms. */
  readonly placementTimeoutMs: number;
  /** Told of lines that a worker has logged of a job. */
  readonly onLog?: (worker: string, lines: JobLines) => void;
}

/** What is to be placed. */
export interface PlacementNeed {
  /** Task or instance of a service, for messages. */
  readonly node: string;
  /** Its step or service: the instances of one are spread. */
  readonly step: string;
  /** Name of the job's module, and its digest. */
  readonly module: string;
  readonly digest: string;
  /** A label that the worker must have. */
  readonly label?: string | undefined;
  /** Answers the worker that has to take it and no other, as soon as there is one. */
  readonly beside?: (() => WorkerLink | undefined) | undefined;
  /** The worker that takes it if that is still there. */
  readonly near?: WorkerLink | undefined;
  /** Hears of it from the moment at which it has a place. */
  readonly watcher: RunWatcher;
}

/** A place that was taken. */
export interface PlacedRun {
  readonly link: WorkerLink;
  /** What it is called there. */
  readonly run: string;
}

/** Something that waits for a worker. */
interface Waiting {
  /** Looks whether there is one now. */
  readonly look: () => void;
  readonly giveUp: (reason: unknown) => void;
}

/** The workers of a manager: who is there, who has room, and who is gone. */
export class WorkerPool {
  readonly #scope: WorkerPoolScope;
  readonly #links = new Map<string, WorkerLink>();
  readonly #waiting = new Set<Waiting>();
  readonly #warned = new Set<string>();
  /** How often a worker has come to be known. */
  #linked = 0;
  #runs = 0;
  #timer: Timer | undefined;
  #lookedAt: number;
  /** Why it is closed, once it is. */
  closed: { readonly reason: unknown } | undefined;

  constructor(scope: WorkerPoolScope) {
    this.#scope = scope;
    this.#lookedAt = scope.host.clock.monotonic();
    this.#tick();
  }

  /** Names of the workers that are there. */
  get workers(): readonly string[] {
    return [...this.#links.keys()];
  }

  /** Takes what a worker has sent. @throws SageError `CONTROL_MESSAGE_INVALID`. */
  onMessage({ from, body }: ChannelMessage): void {
    if (this.closed !== undefined) return;
    const message = readWorkerMessage(body);
    const known = this.#links.get(from.name);
    if (known !== undefined && known.epoch > from.epoch) return; // of one that is no more
    if (message.kind === "beat") this.#onBeat(from, message);
    else if (known?.epoch !== from.epoch) return;
    else if (message.kind === "answer") known.onAnswer(message);
    else {
      known.onStates(message.runs);
      known.onIdle(message.idle);
      for (const lines of message.logs) this.#scope.onLog?.(from.name, lines);
    }
    this.look();
  }

  /**
   * The worker that takes something, as soon as there is one: with its version of the job, the label, room, and the fewest
   * instances of the same step.
   *
   * @throws SageError `NO_WORKER`; the signal's reason.
   */
  place(need: PlacementNeed, signal?: AbortSignal): Promise<PlacedRun> {
    const { host, placementTimeoutMs: timeoutMs } = this.#scope;
    if (this.closed !== undefined) return Promise.reject(this.closed.reason);
    const found = this.#take(need);
    if (found !== undefined) return Promise.resolve(found);
    const { node, module: name } = need;
    host.logger.warn(
      () => `"${node}" of job "${name}" waits for a worker: ${this.#describe(need).join("; ")}`,
    );
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(waiting);
        timer.clear();
        signal?.removeEventListener("abort", onAbort);
      };
      const giveUp = (reason: unknown): void => {
        end();
        reject(reason);
      };
      const onAbort = (): void => giveUp(signal?.reason);
      const timer = host.clock.setTimer(timeoutMs, () => {
        end();
        reject(new SageError("NO_WORKER", { node, name, timeoutMs, workers: this.#describe(need) }));
      });
      const look = (): void => {
        const placed = this.#take(need);
        if (placed === undefined) return;
        end();
        resolve(placed);
      };
      const waiting = { look, giveUp };
      this.#waiting.add(waiting);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Asks all workers for something, without waiting for their answers. */
  tell(op: WorkerOperation, args: JsonObject): void {
    for (const link of this.#links.values()) if (link.lost === undefined) link.tell(op, args);
  }

  /** Whoever waits for a worker looks again: something has changed that they depend on. */
  look(): void {
    for (const { look } of [...this.#waiting]) look();
  }

  /** Hears nothing more, places nothing, and takes nobody for dead. What the workers have goes on. */
  close(reason: unknown): void {
    this.closed = { reason };
    this.#timer?.clear();
    for (const link of this.#links.values()) link.close(reason);
    this.#links.clear();
    for (const { giveUp } of [...this.#waiting]) giveUp(reason);
  }

  #onBeat(from: { readonly name: string; readonly epoch: number }, beat: WorkerBeat): void {
    const { seat, host } = this.#scope;
    const known = this.#links.get(from.name);
    if (known?.epoch === from.epoch) {
      known.onBeat(beat);
      return;
    }
    known?.lose("it was started anew");
    host.logger.info(`Worker "${from.name}" is there, with ${beat.slots} slots`);
    const link = new WorkerLink(seat, host, from, beat, ++this.#linked);
    this.#links.set(from.name, link);
    link.tell("welcome", {}); // by which it knows its manager
    link.onBeat(beat);
  }

  /** Takes a place at once, so that nobody else gets it. */
  #take(need: PlacementNeed): PlacedRun | undefined {
    const link = this.#find(need);
    if (link === undefined) return undefined;
    const run = `${this.#scope.seat.epoch}.${++this.#runs}`;
    link.take(run, need.step, need.watcher);
    return { link, run };
  }

  #find(need: PlacementNeed): WorkerLink | undefined {
    if (need.beside !== undefined) {
      const beside = need.beside();
      return beside !== undefined && this.#goesOn(beside) ? beside : undefined;
    }
    const { near } = need;
    if (near !== undefined && this.#goesOn(near)) return near;
    let best: WorkerLink | undefined;
    for (const link of this.#links.values()) {
      if (this.#obstacle(link, need) !== undefined) continue;
      const fewer = best === undefined ? -1 : link.count(need.step) - best.count(need.step);
      if (best === undefined || fewer < 0 || (fewer === 0 && link.free > best.free)) best = link;
    }
    return best;
  }

  #goesOn(link: WorkerLink): boolean {
    return this.#links.get(link.name) === link && link.lost === undefined && !link.beat.leaving;
  }

  /** Why a worker does not take something. */
  #obstacle(
    { name, beat, free, lost }: WorkerLink,
    { module, digest, label }: PlacementNeed,
  ): string | undefined {
    const has = beat.jobs[module];
    if (lost !== undefined) return "it is gone";
    if (beat.leaving) return "it is leaving";
    if (has === undefined) return `it was started without job "${module}"`;
    if (has !== digest) {
      const error = new SageError("JOB_VERSION_MISMATCH", {
        ...{ name: module, worker: name, digest: has, expected: digest },
      });
      if (!this.#warned.has(error.message)) this.#scope.host.logger.error(error.message, { error });
      this.#warned.add(error.message);
      return error.message;
    }
    if (label !== undefined && !beat.labels.includes(label)) return `it has no label "${label}"`;
    return free <= 0 ? `all of its ${beat.slots} slots are taken` : undefined;
  }

  #describe(need: PlacementNeed): string[] {
    return [...this.#links.values()].map((link) => `${link.name}: ${this.#obstacle(link, need) ?? "free"}`);
  }

  /** Looks for the dead, unless it was away itself. */
  #tick(): void {
    const { host, leaseMs } = this.#scope;
    const { clock } = host;
    this.#timer = clock.setTimer(leaseMs / 4, () => {
      const now = clock.monotonic();
      const away = now - this.#lookedAt > leaseMs / 2;
      this.#lookedAt = now;
      for (const link of [...this.#links.values()]) {
        if (away) link.heardAt = now;
        else if (now - link.heardAt >= leaseMs) this.#lose(link, `it was not heard of for ${leaseMs} ms`);
        else if (link.lost !== undefined) this.#lose(link, "");
      }
      this.look();
      this.#tick();
    });
  }

  #lose(link: WorkerLink, why: string): void {
    this.#links.delete(link.name);
    if (link.lost === undefined) this.#scope.host.logger.error(`Worker "${link.name}" is lost: ${why}`);
    link.lose(why);
  }
}
