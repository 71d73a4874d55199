import type { JobPart } from "../dispatch/job-part.ts";
import type { JsonObject, JsonValue } from "../errors/json.ts";
import { SageError } from "../errors/sage-error.ts";
import { encodeError } from "../errors/wire-error.ts";
import type { ServiceNode, TaskNode } from "../graph/execution-graph.ts";
import type { Host } from "../host/host.ts";
import type { LoggedLine } from "../host/log-tail.ts";
import { type CrashCount, CrashCounts } from "../task/crash-counts.ts";
import { TaskStats } from "../task/task-stats.ts";
import type { HostedJobs } from "./hosted-jobs.ts";
import { type HostedRun, HostedService, HostedTask } from "./hosted-run.ts";
import {
  type PlacementFacts,
  type RunState,
  type WorkerAnswer,
  type WorkerAsk,
  type WorkerNews,
  workerVersion,
} from "./worker-message.ts";

/** How long an incarnation may take to end in whose place another one is put, in ms. */
const endsWithinMs = 5000;

/** Most that is kept of what was asked too early; the rest is asked again. */
const mostEarly = 10_000;

/** Lines of one job's log that are told at once; of the rest it is told how many there were. */
const mostLines = 100;

/** What a worker does its work with. */
export interface WorkerDeskScope {
  readonly host: Pick<Host, "clock" | "scheduler">;
  readonly jobs: HostedJobs;
  /** Tells the manager something, if one is known. */
  readonly tell: (news: WorkerNews) => void;
  /** Called when a run was dropped. */
  readonly onDropped: () => void;
}

/** What a worker does for its manager: the runs that it has, and answers to what it is asked for, each done once. */
export class WorkerDesk {
  readonly #scope: WorkerDeskScope;
  readonly #runs = new Map<string, HostedRun>();
  /** Runs that were dropped and have not ended. */
  readonly #ending = new Map<HostedRun, Promise<unknown>>();
  /** What was asked, until it is known that the answer has come. */
  readonly #answers = new Map<number, Promise<WorkerAnswer>>();
  /** Which time it is that the manager has come to know this worker, and what it will ask next. */
  #link = 0;
  #next = 1;
  /** What was asked behind something that has not come yet. */
  readonly #early = new Map<
    number,
    { readonly ask: WorkerAsk; readonly reply: (answer: WorkerAnswer) => void }
  >();
  readonly #idle = new Set<string>();
  readonly #changed = new Set<HostedRun>();
  readonly #logs = new Map<string, { readonly lines: LoggedLine[]; leftOut: number }>();
  #posted = false;

  constructor(scope: WorkerDeskScope) {
    this.#scope = scope;
    scope.jobs.onLog = (job, line) => this.#log(job, line);
    scope.jobs.onReplaced = (part) => {
      const reason = new SageError("WORKER_LOST", { worker: "this one", why: "another manager has the job" });
      for (const { run, used } of [...this.#runs.values()]) if (used.part === part) this.#drop(run, reason);
    };
  }

  /** How many runs it has. */
  get size(): number {
    return this.#runs.size;
  }

  /** Everything that runs here, or has ended and was not dropped. */
  states(): RunState[] {
    return [...this.#runs.values()].map((run) => run.state());
  }

  /** Another manager asks from now on. */
  startOver(link = 0): void {
    this.#link = link;
    this.#next = 1;
    this.#answers.clear();
    this.#early.clear();
  }

  /**
   * Does what is asked behind everything that was asked before, and answers; what is done, or under way, is only answered
   * again.
   */
  onAsk(ask: WorkerAsk, reply: (answer: WorkerAnswer) => void): void {
    if (ask.link < this.#link) return; // of a time that is over
    if (ask.link > this.#link) this.startOver(ask.link);
    for (const known of this.#answers.keys()) if (known <= ask.answered) this.#answers.delete(known);
    if (ask.ask < this.#next) void this.#answers.get(ask.ask)?.then(reply);
    else if (this.#early.size < mostEarly) this.#early.set(ask.ask, { ask, reply });
    for (let next = this.#early.get(this.#next); next !== undefined; next = this.#early.get(this.#next)) {
      this.#early.delete(this.#next++);
      const answer = this.#answer(next.ask);
      this.#answers.set(next.ask.ask, answer);
      void answer.then(next.reply);
    }
  }

  /** Gives everything up; resolves when all of it has ended. */
  async giveUp(reason: SageError): Promise<void> {
    for (const run of [...this.#runs.keys()]) this.#drop(run, reason);
    await Promise.all(this.#ending.values());
  }

  async #answer({ link, ask, op, args }: WorkerAsk): Promise<WorkerAnswer> {
    const base = { v: workerVersion, kind: "answer", link, ask } as const;
    try {
      return { ...base, ok: true, value: await this.#do(op, args) };
    } catch (error) {
      return { ...base, ok: false, error: encodeError(error) };
    }
  }

  async #do(op: WorkerAsk["op"], args: JsonObject): Promise<JsonValue> {
    if (op === "welcome") return null;
    if (op === "place") return (await this.#placeTask(args)) as unknown as JsonValue;
    if (op === "placeService") return this.#placeService(args);
    if (op === "doubt") {
      const { job, service, index } = args as { job: string; service: string; index: number };
      (await this.#scope.jobs.find(job))?.doubt(service, index);
      return null;
    }
    const name = args.run as string;
    if (op === "drop") {
      this.#drop(name, new SageError("WORKER_LOST", { worker: "this one", why: "it was told to drop it" }));
      return null;
    }
    const run = this.#runs.get(name);
    if (run === undefined) {
      const why = `it has no run ${name}, of which it was asked to ${op}`;
      throw new SageError("WORKER_LOST", { worker: "this one", why });
    }
    return run.handle(op, args);
  }

  async #placeTask(args: JsonObject): Promise<RunState> {
    const facts = args as unknown as PlacementFacts & {
      readonly node: string;
      readonly crashes: readonly CrashCount[];
    };
    const used = await this.#scope.jobs.use(facts);
    try {
      const node = used.graph.tasks.find(({ id }) => id === facts.node) as TaskNode;
      const crashes = new CrashCounts(facts.crashes);
      const inLoop = used.graph.loops.some(({ steps }) => steps.includes(node.step));
      const onIdle = (): void => {
        this.#idle.add(facts.run);
        this.#post();
      };
      const life = { crashes, stats: new TaskStats(), ...(inLoop ? { onIdle } : {}) };
      await this.#endEarlier(used.part, `task ${node.id}`);
      const made = await used.part.task(node, life);
      const task = new HostedTask(facts.run, used, node, made, crashes);
      this.#add(task);
      return task.state();
    } catch (error) {
      await used.release();
      throw error;
    }
  }

  async #placeService(args: JsonObject): Promise<JsonValue> {
    const facts = args as unknown as PlacementFacts & { readonly service: string; readonly index: number };
    const used = await this.#scope.jobs.use(facts);
    try {
      const node = used.graph.services.find(({ name }) => name === facts.service) as ServiceNode;
      await this.#endEarlier(used.part, `service ${facts.service}#${facts.index}`);
      const service = await used.part.service(node, facts.index);
      await service.open();
      this.#add(new HostedService(facts.run, used, service));
      return { methods: [...service.methods] };
    } catch (error) {
      await used.release();
      throw error;
    }
  }

  /**
   * Gives up what runs here of something that is placed here anew: its manager has taken that for lost.
   *
   * @throws SageError `WORKER_LOST` when it does not end in time.
   */
  async #endEarlier(part: JobPart, node: HostedRun["node"]): Promise<void> {
    const why = "it was placed anew";
    const all = [...this.#runs.values(), ...this.#ending.keys()];
    const earlier = all.filter((run) => run.used.part === part && run.node === node);
    for (const { run } of earlier) this.#drop(run, new SageError("WORKER_LOST", { worker: "this one", why }));
    const ended = Promise.all(earlier.map((run) => run.ended)).then(() => true);
    const over = new AbortController();
    const late = this.#scope.host.clock.sleep(endsWithinMs, over.signal).then(
      () => false,
      () => false,
    );
    const inTime = await Promise.race([ended, late]);
    over.abort();
    if (inTime) return;
    throw new SageError("WORKER_LOST", {
      worker: "this one",
      why: `an earlier incarnation of ${node} does not end`,
    });
  }

  #add(run: HostedRun): void {
    this.#runs.set(run.run, run);
    void run.ended.then(() => {
      if (this.#runs.get(run.run) !== run) return;
      this.#changed.add(run);
      this.#post();
    });
  }

  #drop(name: string, reason: SageError): void {
    const run = this.#runs.get(name);
    if (run === undefined) return;
    this.#runs.delete(name);
    run.giveUp(reason); // no effect on what has ended
    const ending = run.ended.then(() => run.used.release()).finally(() => this.#ending.delete(run));
    ending.catch(() => undefined); // what is left is of no use to anybody
    this.#ending.set(run, ending);
    this.#scope.onDropped();
  }

  #log(job: string, line: LoggedLine): void {
    const known = this.#logs.get(job) ?? { lines: [], leftOut: 0 };
    this.#logs.set(job, known);
    if (known.lines.length < mostLines) known.lines.push(line);
    else known.leftOut++;
    this.#post();
  }

  /** Tells the news, those of one turn together. */
  #post(): void {
    if (this.#posted) return;
    this.#posted = true;
    this.#scope.host.scheduler.post({
      run: () => {
        this.#posted = false;
        const runs = [...this.#changed].map((run) => run.state());
        const idle = [...this.#idle];
        const logs = [...this.#logs].map(([job, { lines, leftOut }]) => ({ job, lines, leftOut }));
        this.#logs.clear();
        this.#changed.clear();
        this.#idle.clear();
        this.#scope.tell({ v: workerVersion, kind: "news", runs, idle, logs });
      },
    });
  }
}
