import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import type { LoopProbe, Task } from "../task/task.port.ts";
import type { RedriveCount } from "./redriver.ts";
import type { LoopHead } from "./task-maker.ts";

/** What the watch over one feedback loop works with. */
export interface LoopWatchScope {
  /** Place of the loop in the graph. */
  readonly loop: number;
  readonly graph: ExecutionGraph;
  /** The tasks of its steps. */
  readonly tasks: readonly Task[];
  /** Its heads: for each head step, in the order of declaration, those of its instances. */
  readonly heads: readonly (readonly LoopHead[])[];
  /** What was redriven so far, into whichever task: it comes from outside, and without a stop signal. */
  readonly redriven: () => readonly RedriveCount[];
  readonly scheduler: Scheduler;
  /** Called when a probe fails. */
  readonly onError: (error: unknown) => void;
}

/** What a round of probes has found. */
interface Round {
  /** Records that have gone round. */
  readonly records: number;
  /** Records that each task has received, by channel. */
  readonly received: ReadonlyMap<string, LoopProbe["received"]>;
  /** The tasks that have timers left. */
  readonly timed: readonly Task[];
}

/**
 * Finds out that a feedback loop is empty: once nothing comes in from outside any more, it probes all tasks of the
 * loop; when two probes in a row find all of them idle, everything sent within the loop received, and the counts
 * unchanged, no record is left and none can come (Dijkstra and Safra's termination detection, by counting). Then it
 * tells the first head; what that one emits at its end still goes forward into the others, so they are told one by one,
 * each when the loop is empty again. Timers come before that: once nothing else is left, all that are set are let come.
 */
export class LoopWatch {
  readonly #scope: LoopWatchScope;
  readonly #channels: readonly number[];
  #probing = false;
  #again = false;
  #told: number;

  constructor(scope: LoopWatchScope) {
    this.#scope = scope;
    this.#told = this.#ended();
    const { graph, loop } = scope;
    this.#channels = graph.channels
      .filter(({ edge }) => graph.edges[edge]?.loop === loop)
      .map((channel) => channel.id);
  }

  /** Whether a head was told that nothing comes back any more. */
  get ending(): boolean {
    return this.#told > 0;
  }

  /** What the heads were told may be lost: only what they have committed of it counts. */
  reset(): void {
    for (const head of this.#scope.heads.flat()) head.forgetEnd();
    this.#told = this.#ended();
  }

  /** How many of the heads, in their order, have heard the end already. */
  #ended(): number {
    const left = this.#scope.heads.findIndex((head) => !head.every(({ ended }) => ended));
    return left < 0 ? this.#scope.heads.length : left;
  }

  /** Looks whether the loop is empty, soon: a task of it has become idle. */
  look(): void {
    if (this.#told === this.#scope.heads.length) return;
    if (this.#probing) {
      this.#again = true;
      return;
    }
    this.#probing = true;
    this.#scope.scheduler.post({ run: () => void this.#probe().catch(this.#scope.onError) });
  }

  async #probe(): Promise<void> {
    const first = await this.#count();
    const second = first === undefined ? undefined : await this.#count();
    this.#probing = false;
    if (second !== undefined && first?.records === second.records && this.#arrived(second)) {
      this.#again = false;
      if (second.timed.length > 0) for (const task of second.timed) task.hurryTimers();
      else this.#tell();
    } else if (this.#again) {
      this.#again = false;
      this.look();
    }
  }

  /** Tells the next head, behind those that have heard it in an earlier life. */
  #tell(): void {
    this.#told = Math.max(this.#told, this.#ended());
    for (const head of this.#scope.heads[this.#told++] ?? []) head.end();
  }

  /** Probes all tasks; `undefined` while records may be on their way. */
  async #count(): Promise<Round | undefined> {
    const probes: LoopProbe[] = [];
    const received = new Map<string, LoopProbe["received"]>();
    const timed: Task[] = [];
    for (const task of this.#scope.tasks) {
      const probe = await task.probe();
      probes.push(probe);
      received.set(task.id, probe.received);
      if (probe.timers) timed.push(task);
    }
    if (!probes.every(({ idle, outsideEnded }) => idle && outsideEnded)) return undefined;
    const sum = (counts: "sent" | "received"): number =>
      probes.reduce((all, probe) => this.#channels.reduce((n, c) => n + (probe[counts][c] ?? 0), all), 0);
    const records = sum("sent");
    return records === sum("received") ? { records, received, timed } : undefined;
  }

  /** Whether all that was redriven into the loop by now had arrived in a round. */
  #arrived({ received }: Round): boolean {
    return this.#scope.redriven().every(({ to, channel, sent }) => {
      const arrived = received.get(to);
      return arrived === undefined || (arrived[channel] ?? 0) === sent;
    });
  }
}
