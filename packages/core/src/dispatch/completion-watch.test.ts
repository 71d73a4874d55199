import { describe, expect, test } from "vitest";
import { settle } from "../../test-support/fake-host.ts";
import { supervise } from "../../test-support/supervisor-harness.ts";
import { SageError } from "../errors/sage-error.ts";
import { MemoryStateStore } from "../state/memory-state-store.ts";
import type { StateStore } from "../state/state-store.port.ts";
import { CompletionWatch } from "./completion-watch.ts";

/** A store that answers what the test says, and can lose something. */
class LosingStore extends MemoryStateStore implements StateStore {
  readonly answers: (boolean | Error)[] = [];
  readonly asked: (readonly string[])[] = [];
  #listener: ((error: SageError) => void) | undefined;

  onLoss(listener: (error: SageError) => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = undefined;
    };
  }

  async confirm(nodes: readonly string[]): Promise<boolean> {
    this.asked.push(nodes);
    const answer = this.answers.shift() ?? true;
    if (answer instanceof Error) throw answer;
    return answer;
  }

  get heard(): boolean {
    return this.#listener !== undefined;
  }

  lose(): void {
    this.#listener?.(new SageError("STORE_ROLLED_BACK", { store: "The store" }));
  }
}

async function watched() {
  const store = new LosingStore();
  const supervised = [await supervise({ rests: true }), await supervise({ rests: true })] as const;
  let losses = 0;
  const tasks = supervised.map(({ task }) => task);
  const watch = new CompletionWatch(store, tasks, () => losses++);
  const complete = async (): Promise<void> => {
    for (const { last } of supervised) last().end({ state: "completed" });
    await settle();
  };
  const incarnations = (): number[] => supervised.map((each) => each.incarnations.length);
  const passed = async (): Promise<void> => {
    for (const each of supervised) await each.passed(0);
  };
  return { store, supervised, watch, complete, incarnations, passed, losses: () => losses };
}

describe("the end of the tasks of a job", () => {
  test("comes when the store confirms that all have finished", async () => {
    const { store, watch, complete, supervised } = await watched();
    const ended = watch.ended();
    await complete();
    await ended;

    expect(store.asked).toEqual([["map-2#0", "map-2#0"]]);
    expect([supervised.map(({ ends }) => ends.length), store.heard]).toEqual([[1, 1], false]);
  });

  test("does not come while the store says that one has not: all go on", async () => {
    const { store, watch, complete, incarnations, passed } = await watched();
    store.answers.push(false);
    const ended = watch.ended();
    await complete();
    await passed();
    expect(incarnations()).toEqual([2, 2]);
    await complete();
    await ended;

    expect(store.asked).toHaveLength(2);
  });

  test("does not come where the store loses something: all go on, and whoever listens hears of it", async () => {
    const { store, watch, complete, incarnations, passed, losses, supervised } = await watched();
    const ended = watch.ended();
    supervised[0].last().end({ state: "completed" });
    await settle();
    store.lose();
    await passed();
    expect([incarnations(), losses(), store.asked]).toEqual([[2, 2], 1, []]);
    await complete();
    await ended;

    expect(store.asked).toHaveLength(1);
  });

  test("comes with what the store throws when it cannot be asked", async () => {
    const { store, watch, complete, supervised } = await watched();
    store.answers.push(new Error("away"));
    const ended = watch.ended();
    const failed = expect(ended).rejects.toThrow("away");
    await complete();
    await failed;

    expect([supervised.map(({ ends }) => ends.length), store.heard]).toEqual([[1, 1], false]);
  });

  test("comes without asking when one has failed", async () => {
    const { store, watch, supervised } = await watched();
    const ended = watch.ended();
    supervised[0].last().end({ state: "completed" });
    await supervised[1].fail(new Error("odd"), false);
    await ended;

    expect([store.asked, supervised[0].ends]).toEqual([[], [{ state: "completed" }]]);
  });
});
