import { describe, expect, test } from "vitest";
import { LifeCycle, type TaskState } from "./life-cycle.ts";

/** A way from `created` to each state. */
const ways: Record<TaskState, readonly TaskState[]> = {
  created: [],
  starting: ["starting"],
  running: ["starting", "running"],
  draining: ["starting", "running", "draining"],
  completed: ["starting", "running", "completed"],
  failed: ["starting", "failed"],
  cancelled: ["cancelled"],
};
const states = Object.keys(ways) as TaskState[];
const legal = new Set([
  "created>starting",
  "created>failed",
  "created>cancelled",
  "starting>running",
  "starting>failed",
  "starting>cancelled",
  "running>draining",
  "running>completed",
  "running>failed",
  "running>cancelled",
  "draining>completed",
  "draining>failed",
  "draining>cancelled",
]);

function inState(state: TaskState): LifeCycle {
  const life = new LifeCycle('Task "t"');
  for (const next of ways[state]) life.to(next);
  return life;
}

describe("a task's life-cycle", () => {
  const pairs = states.flatMap((from) => states.map((to) => [from, to] as const));

  test.each(pairs.filter(([from, to]) => legal.has(`${from}>${to}`)))("goes from %s to %s", (from, to) => {
    const life = inState(from);
    life.to(to);

    expect(life.state).toBe(to);
  });

  test.each(pairs.filter(([from, to]) => !legal.has(`${from}>${to}`)))(
    "refuses to go from %s to %s, and stays where it is",
    (from, to) => {
      const life = inState(from);

      expect(() => life.to(to)).toThrow(
        expect.objectContaining({ code: "ILLEGAL_STATE", details: { what: 'Task "t"', from, to } }),
      );
      expect(life.state).toBe(from);
    },
  );

  test.each(states)("knows whether %s is terminal", (state) => {
    expect(inState(state).terminal).toBe(["completed", "failed", "cancelled"].includes(state));
  });
});
