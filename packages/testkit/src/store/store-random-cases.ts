import assert from "node:assert/strict";
import { SageError } from "@sage-kernel/core";
import {
  absent,
  Batch,
  type Commit,
  type Queue,
  type Random,
  SeededRandom,
  type StateKey,
  TaskLedger,
  type UnitOfWork,
} from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf } from "../contract/probes.ts";
import { CrashError, FaultyStores, randomFaults } from "./faulty-stores.ts";
import { storeCase, type TaskProbe } from "./store-lab.ts";
import { StoreModel } from "./store-model.ts";
import {
  assertOutcome,
  cellOf,
  changes,
  deliveredOf,
  gate,
  letter,
  outputTo,
  viewOf,
} from "./store-probes.ts";
import type { StateStoreSubject } from "./store-subject.ts";

const seeds = numbers(4);
const actions = ["open", "next", "next", "next", "again", "late", "wrong", "refused", "crowded"] as const;
const keys: readonly StateKey[] = ["a", "b", "c", 0, "0", null, undefined];

/** Random lives of tasks. */
export const storeRandomCases: readonly ContractCase<StateStoreSubject>[] = [
  storeCase(
    "K-60",
    "whatever a task and its earlier incarnations commit, in whatever order, is as a plain model says",
    async (lab) => {
      for (const seed of seeds) {
        const target = await lab.queue("out", 1_000_000);
        await new RandomLife(lab.task(`task#${seed}`), target, new SeededRandom(seed)).run(30);
        const all = await target.take(1_000_000);
        await target.advance(all.position);
      }
    },
  ),
  storeCase(
    "K-61",
    "a task that commits through crashes and lost answers has each effect once and in order",
    async (lab, { stores, names }) => {
      for (const seed of seeds) {
        const faulty = new FaultyStores(randomFaults(new SeededRandom(seed), 3, 60), stores);
        const store = faulty.create(`${names.caseId}/${names.runId}/seed ${seed}`);
        const task = lab.task();
        const target = await lab.queue(`out ${seed}`);
        const units = numbers(40).map((n) => n + 1);
        let commit = await task.open(store);
        let unit: UnitOfWork | undefined;
        for (let tries = 0; commit.progress.sequence < units.length || unit !== undefined; tries++) {
          assert.ok(tries < 300, "the task gets nowhere");
          unit ??= await summing(task, commit, target);
          try {
            const { code } = await commit.commit(unit);
            assert.ok(code === "applied" || code === "alreadyApplied", `a unit must not end with ${code}`);
            unit = undefined;
          } catch (error) {
            if (!(error instanceof CrashError)) continue;
            commit = await task.open(store);
            unit = undefined;
          }
        }

        const last = await task.open(store);
        assert.equal(await cellOf(last, "sums", "total"), (40 * 41) / 2);
        assert.deepEqual([task.collected, task.positions, last.restored.sequence], [units, units, 40]);
        assert.deepEqual((await lab.contents())[`out ${seed}`], units);
      }
    },
  ),
];

/** The next unit of a task that adds the numbers from 1. */
async function summing(task: TaskProbe, commit: Commit, target: Queue): Promise<UnitOfWork> {
  const n = commit.progress.sequence + 1;
  const sum = ((await cellOf(commit, "sums", "total")) as number | undefined) ?? 0;
  const results = { outputs: [outputTo(target, new Batch(2, n - 1, [n]))], collected: [n] };
  return task.next(commit, { position: n, state: [changes("sums", [["total", sum + n]])], ...results });
}

/** Some random steps in the life of a task; after each it must be as the model says. */
class RandomLife {
  readonly #task: TaskProbe;
  readonly #target: Queue;
  readonly #random: Random;
  readonly #model = new StoreModel();
  readonly #commits: Commit[] = [];
  #step = 0;

  constructor(task: TaskProbe, target: Queue, random: Random) {
    this.#task = task;
    this.#target = target;
    this.#random = random;
  }

  async run(steps: number): Promise<void> {
    await this.#act("open");
    while (this.#step < steps) await this.#act(this.#pick(actions));
  }

  async #act(action: (typeof actions)[number]): Promise<void> {
    this.#step++;
    const commit = this.#commits.at(-1) as Commit;
    const sequence = this.#model.units.length + 1;
    if (action === "open") await this.#open();
    else if (action === "next") await this.#commit(commit, this.#unit(commit, sequence));
    else if (action === "again") await this.#again();
    else if (action === "late") {
      const late = this.#pick(this.#commits);
      await this.#commit(late, this.#unit(late, sequence + this.#random.integer(3) - 1));
    } else if (action === "wrong") {
      const off = this.#pick([-2, -1, 1, 2]);
      await this.#commit(commit, this.#unit(commit, sequence + off));
    } else await this.#refuse(commit, this.#unit(commit, sequence, true), action);
    assert.deepEqual(await this.#task.seen(this.#commits.at(-1) as Commit), this.#model.seen());
  }

  async #open(): Promise<void> {
    this.#commits.push(await this.#task.open());
    this.#model.epoch++;
    const commit = this.#commits.at(-1) as Commit;
    assert.equal(commit.epoch, this.#model.epoch);
    assert.deepEqual(viewOf(commit.restored), this.#model.seen().progress);
  }

  async #again(): Promise<void> {
    const unit = this.#pick(this.#model.units.slice(-2));
    const commit = this.#commits[(unit?.epoch ?? 0) - 1];
    if (unit !== undefined && commit !== undefined) await this.#commit(commit, unit);
  }

  async #commit(commit: Commit, unit: UnitOfWork): Promise<void> {
    const expected = this.#model.outcomeOf(unit);
    await deliveredOf(await assertOutcome(commit, unit, expected));
    if (expected === "applied") this.#model.units.push(unit);
  }

  /** The same unit is refused first and then applied. */
  async #refuse(commit: Commit, unit: UnitOfWork, how: "refused" | "crowded"): Promise<void> {
    const task = this.#task;
    const { opened, open } = gate();
    task.judge = () => {
      if (how === "crowded") return opened;
      throw new SageError("DEAD_LETTERS_FULL", { job: "job", capacity: 1 });
    };
    if (how === "crowded") await assertOutcome(commit, unit, "backpressure");
    else await rejectionOf(() => commit.commit(unit));
    task.judge = () => undefined;
    open();
    assert.deepEqual(await task.seen(commit), this.#model.seen());
    await this.#commit(commit, unit);
  }

  #unit(commit: Commit, sequence: number, letters = this.#chance(0.3)): UnitOfWork {
    const step = this.#step;
    const received = this.#random.integer(100);
    const stop = this.#chance(0.1) ? { source: "task#0", time: 0 } : undefined;
    return this.#task.unit(commit, sequence, {
      position: this.#pick([step, step, undefined, 0, null, "", false, { step }]),
      consumed: [new Batch(this.#random.integer(3), step, ["r"], undefined, undefined, stop)],
      ahead: numbers(this.#random.integer(3)).map((n) => [n, step]),
      outputs: numbers(this.#random.integer(3)).map((n) =>
        outputTo(this.#target, new Batch(n, step, [`${step}.${n}`])),
      ),
      deadLetters: letters ? [letter(step)] : [],
      collected: numbers(this.#random.integer(3)).map((n) => `${step}.${n}`),
      state: ["t", "u"].filter(() => this.#chance(0.5)).map((table) => this.#changes(table)),
      handedOut: this.#random.integer(5),
      ledger: Object.assign(new TaskLedger(), { received, processed: received }),
    });
  }

  #changes(table: string): UnitOfWork["state"][number] {
    const cells = numbers(this.#random.integer(4)).map((n) => {
      const cell = this.#chance(0.3) ? absent : `${this.#step}.${n}`;
      return [this.#pick(keys), cell] as const;
    });
    return changes(table, cells, this.#chance(0.2));
  }

  #chance(p: number): boolean {
    return this.#random.next() < p;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.integer(Math.max(items.length, 1))] as T;
  }
}
