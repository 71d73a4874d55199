import type { JsonValue } from "../errors/json.ts";
import type { Clock } from "../host/clock.port.ts";
import { Completion } from "../host/completion.ts";
import { isPromiseLike, type MaybePromise, whenSettled } from "../host/maybe-promise.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import { Batch } from "../packet/batch.ts";
import type { Delivery, Queue } from "../queue/queue.port.ts";
import type { QueueDescriptor } from "../queue/queue-descriptor.ts";
import { sizeNow } from "../queue/size-now.ts";
import { type Inbox, sourceChannel } from "./source-inbox.ts";

/** Id under which a loop's end is announced to its heads. */
export const loopSource = "loop";

/** Number of the channel by which the head of a loop hears that the loop's part of an input has ended. */
export function loopChannel(inputIndex: number): number {
  return sourceChannel - 1 - inputIndex;
}

const lines = ["outside", "back"] as const;

type Line = (typeof lines)[number];

/** How far each queue is done: as far as what was delivered before, and as far as the delivery itself. */
type LoopPosition = { readonly [L in Line]?: JsonValue } & { readonly ended?: true };

/** What a loop inbox works with. */
export interface LoopInboxScope {
  /** What comes from outside. */
  readonly outside: Queue;
  /** What comes back. */
  readonly back: Queue;
  /** The inputs by which something comes back. */
  readonly inputs: readonly number[];
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/**
 * The two queues of a loop's head as one input: what comes back is preferred, and what comes from outside is taken
 * only while less waits on the way back than the outside queue may hold. So a loop under pressure empties itself
 * before it takes in more. {@link LoopInbox.end} announces that nothing will come back any more.
 */
export class LoopInbox implements Inbox {
  readonly #scope: LoopInboxScope;
  readonly #arrived = new Map<Line, Delivery>();
  readonly #awaited = new Set<Line>();
  /** What each delivery is to its own queue. */
  readonly #origins = new WeakMap<Delivery, { readonly line: Line; readonly delivery: Delivery }>();
  /** Where the queues stand after everything that was delivered. */
  #position: LoopPosition = {};
  #waiting: { readonly max: number; readonly completion: Completion<Delivery> } | undefined;
  #failure: { readonly error: unknown } | undefined;
  #end: "none" | "due" | "told" = "none";

  constructor(scope: LoopInboxScope) {
    this.#scope = scope;
  }

  /** The outside queue's: what its capacity is measured against. */
  get descriptor(): QueueDescriptor {
    return this.#scope.outside.descriptor;
  }

  /** Records in both queues, as far as they can tell at once. */
  size(): number {
    const { outside, back } = this.#scope;
    return (sizeNow(outside) ?? 0) + (sizeNow(back) ?? 0);
  }

  /** Whether the end of the loop is delivered. */
  get ended(): boolean {
    return this.#end === "told";
  }

  /** Takes the end of the loop back: only what is committed of it counts, which a rewind tells. */
  forgetEnd(): void {
    this.#end = "none";
  }

  /** Announces the end of the loop, once; it is delivered when everything that came back has been taken. */
  end(): void {
    if (this.#end !== "none") return;
    this.#end = "due";
    this.#wake();
  }

  take(max: number): MaybePromise<Delivery> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const now = this.#look(max);
    if (now !== undefined) return now;
    const completion = new Completion<Delivery>(this.#scope.scheduler);
    this.#waiting = { max, completion };
    return completion;
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    const origin = this.#origins.get(delivery);
    if (origin === undefined) return delivery.position;
    const { line } = origin;
    const inside = this.#scope[line].positionAfter(origin.delivery, elements);
    return { ...(delivery.position as LoopPosition), [line]: inside };
  }

  /** Advances both queues: what was delivered before is done too, whichever queue it came from. */
  advance(position: JsonValue): MaybePromise<void> {
    const waits: PromiseLike<void>[] = [];
    for (const line of lines) {
      const inside = (position as LoopPosition)[line];
      const advanced = inside === undefined ? undefined : this.#scope[line].advance(inside);
      if (isPromiseLike(advanced)) waits.push(advanced);
    }
    if (waits.length > 0) return Promise.all(waits).then(() => this.#wake());
    this.#wake(); // there may be room now for what waits outside
    return undefined;
  }

  async rewind(position: JsonValue | undefined): Promise<void> {
    this.#position = (position ?? {}) as LoopPosition;
    if (this.#position.ended) this.#end = "told";
    else if (this.#end === "told") this.#end = "due";
    this.#arrived.clear(); // they come again
    this.#failure = undefined;
    await Promise.all(lines.map((line) => this.#scope[line].rewind()));
    this.#wake();
  }

  async close(): Promise<void> {
    await Promise.all([this.#scope.outside.close(), this.#scope.back.close()]);
  }

  /** The next delivery, if there is one now; otherwise the queues are being waited for. */
  #look(max: number): Delivery | undefined {
    const back = this.#from("back", max);
    if (back !== undefined) return back;
    if (this.#end === "due") {
      this.#end = "told";
      this.#position = { ...this.#position, ended: true };
      return { batches: this.#ends(), position: this.#position as JsonValue, done: false };
    }
    return this.#hasRoom ? this.#from("outside", max) : undefined;
  }

  /** Less waits on the way back than may wait outside. */
  get #hasRoom(): boolean {
    const { outside, back } = this.#scope;
    return (sizeNow(back) ?? 0) < outside.descriptor.capacity;
  }

  #from(line: Line, max: number): Delivery | undefined {
    const arrived = this.#arrived.get(line);
    if (arrived !== undefined) {
      this.#arrived.delete(line);
      return this.#deliver(line, arrived);
    }
    if (this.#awaited.has(line)) return undefined;
    const taken = this.#scope[line].take(max);
    if (!isPromiseLike(taken)) return this.#deliver(line, taken);
    this.#awaited.add(line);
    whenSettled(
      taken,
      (delivery) => {
        this.#awaited.delete(line);
        this.#arrived.set(line, delivery);
        this.#wake();
      },
      (error) => {
        this.#awaited.delete(line);
        this.#failure = { error };
        this.#wake();
      },
    );
    return undefined;
  }

  #deliver(line: Line, delivery: Delivery): Delivery {
    this.#position = { ...this.#position, [line]: delivery.position };
    const tagged = { ...delivery, position: this.#position as JsonValue, done: false };
    this.#origins.set(tagged, { line, delivery });
    return tagged;
  }

  #ends(): Batch[] {
    const stop = { source: loopSource, time: this.#scope.clock.now() };
    return this.#scope.inputs.map(
      (input) => new Batch(loopChannel(input), 0, [], undefined, undefined, stop),
    );
  }

  /** Answers the take that waits, if there is something for it. */
  #wake(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (this.#failure !== undefined) {
      this.#waiting = undefined;
      waiting.completion.reject(this.#failure.error);
      return;
    }
    const delivery = this.#look(waiting.max);
    if (delivery === undefined) return;
    this.#waiting = undefined;
    waiting.completion.resolve(delivery);
  }
}
