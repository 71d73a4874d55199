import { SageError } from "../errors/sage-error.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { Host } from "../host/host.ts";
import type { Task, TaskReport } from "../task/task.port.ts";

/** What brings a job to a standstill. */
export interface SettlementScope {
  readonly job: string;
  readonly graph: ExecutionGraph;
  readonly host: Pick<Host, "clock">;
  readonly tasks: readonly Task[];
}

/** Longest wait between two looks at the tasks, in ms. */
const longestLookMs = 50;

/**
 * Brings a running job to a standstill at which nothing is in flight or queued, without ending anything: the sources
 * are paused, and everything that was read runs through. What one source has read and another one has not is of no
 * importance: the positions tell.
 */
export class Settlement {
  readonly #scope: SettlementScope;
  readonly #sources: readonly Task[];
  readonly #others: readonly Task[];

  constructor(scope: SettlementScope) {
    this.#scope = scope;
    const sources = new Set(scope.graph.tasks.filter(({ inbox }) => inbox === null).map(({ id }) => id));
    this.#sources = scope.tasks.filter(({ id }) => sources.has(id));
    this.#others = scope.tasks.filter(({ id }) => !sources.has(id));
  }

  /**
   * Resolves when everything stands still and nothing is under way; all tasks are paused then. Also when the signal
   * fires, whatever is under way.
   *
   * @throws SageError `SNAPSHOT_REFUSED` naming what is under way, when that takes longer than `timeoutMs`.
   */
  async settle(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#scope.host;
    const deadline = clock.monotonic() + timeoutMs;
    let settled = await this.#pause(this.#sources, deadline);
    for (const task of this.#others) task.resume(); // where the job is paused
    for (let waitMs = 1; !signal.aborted; waitMs = Math.min(longestLookMs, 2 * waitMs)) {
      await this.#refresh();
      if (settled && this.#underWay().length === 0) {
        // A timer may have fired since: it counts only if it is still so when nothing moves.
        settled = await this.#pause(this.#others, deadline);
        await this.#refresh();
        if (settled && this.#underWay().length === 0) return;
        for (const task of this.#others) task.resume();
      }
      if (!settled || clock.monotonic() >= deadline) throw this.#late(timeoutMs);
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  async #refresh(): Promise<void> {
    const late = this.#scope.tasks.map((task) => task.refresh?.());
    if (late.some((each) => each !== undefined)) await Promise.all(late);
  }

  /** Pauses tasks; answers whether all stand still before the deadline. */
  async #pause(tasks: readonly Task[], deadline: number): Promise<boolean> {
    const { clock } = this.#scope.host;
    const still = new AbortController();
    const late = clock.sleep(Math.max(0, deadline - clock.monotonic()), still.signal).then(
      () => false,
      () => true,
    );
    const paused = Promise.all(tasks.map((task) => task.pause())).then(() => true);
    const answer = await Promise.race([paused, late]);
    still.abort();
    return answer;
  }

  #late(timeoutMs: number): SageError {
    const problem = `it did not settle within ${timeoutMs} ms; under way are ${this.#underWay().join("; ")}`;
    return new SageError("SNAPSHOT_REFUSED", { job: this.#scope.job, problem });
  }

  /** What has not arrived or is not done, in words. */
  #underWay(): string[] {
    const reports = this.#scope.tasks.map((task) => task.report());
    const byId = new Map(reports.map((report) => [report.id, report]));
    const busy = reports
      .filter(isBusy)
      .map(({ id, waitsFor }) => `${id}, which waits for ${waitsFor ?? "its turn"}`);
    const queued = this.#scope.graph.channels.flatMap(({ id, from, to }) => {
      const left = (byId.get(from)?.sent[id] ?? 0) - (byId.get(to)?.received[id] ?? 0);
      return left > 0 ? [`${left} records from ${from} to ${to}`] : [];
    });
    return [...busy, ...queued];
  }
}

function isBusy({ state, ledger, queue, moving }: TaskReport): boolean {
  return (
    moving || ledger.inFlight > 0 || (queue?.size ?? 0) > 0 || state === "restarting" || state === "starting"
  );
}
