import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import type { LoopInbox } from "../task/loop-inbox.ts";
import type { LoopProbe, Task } from "../task/task.port.ts";

/** What the watch over one feedback loop works with. */
export interface LoopWatchScope {
  /** Place of the loop in the graph. */
  readonly loop: number;
  readonly graph: ExecutionGraph;
  /** The tasks of its steps. */
  readonly tasks: readonly Task[];
  /** The inboxes of its heads: for each head step, in the order of declaration, those of its instances. */
  readonly heads: readonly (readonly LoopInbox[])[];
  readonly scheduler: Scheduler;
  /** Called when a probe fails. */
  readonly onError: (error: unknown) => void;
}

/**
 * Finds out that a feedback loop is empty: once nothing comes in from outside any more, it probes all tasks of the
 * loop; when two probes in a row find all of them idle, everything sent within the loop received, and the counts
 * unchanged, no record is left and none can come (Dijkstra and Safra's termination detection, by counting). Then it
 * tells the first head; what that one emits at its end still goes forward into the others, so they are told one by one,
 * each when the loop is empty again.
 */
export class LoopWatch {
  readonly #scope: LoopWatchScope;
  readonly #channels: readonly number[];
  #probing = false;
  #again = false;
  #told = 0;

  constructor(scope: LoopWatchScope) {
    this.#scope = scope;
    const { graph, loop } = scope;
    this.#channels = graph.channels
      .filter(({ edge }) => graph.edges[edge]?.loop === loop)
      .map((channel) => channel.id);
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
    if (first !== undefined && first === second) {
      this.#again = false;
      for (const head of this.#scope.heads[this.#told++] ?? []) head.end();
    } else if (this.#again) {
      this.#again = false;
      this.look();
    }
  }

  /** The number of records that have gone round; `undefined` while some may be on their way. */
  async #count(): Promise<number | undefined> {
    const probes: LoopProbe[] = [];
    for (const task of this.#scope.tasks) probes.push(await task.probe());
    if (!probes.every(({ idle, outsideEnded }) => idle && outsideEnded)) return undefined;
    const sum = (counts: "sent" | "received"): number =>
      probes.reduce((all, probe) => this.#channels.reduce((n, c) => n + (probe[counts][c] ?? 0), all), 0);
    const sent = sum("sent");
    return sent === sum("received") ? sent : undefined;
  }
}
