import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyseLoops, type LoopEdge } from "./loops.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const again = { name: "again", maxLoopRecords: 7 };
const other = { name: "other", maxLoopRecords: 9 };
const edge = (text: string, future?: LoopEdge["future"]): LoopEdge => {
  const [from, to] = text.split(">") as [string, string];
  return { from, to, future };
};
const stepsOf = (edges: readonly LoopEdge[]) => [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
const analyse = (...edges: LoopEdge[]) => analyseLoops(stepsOf(edges), edges);

/** Which steps one can come to from each, in at least one move. */
function reachable(steps: readonly string[], edges: readonly LoopEdge[]) {
  const reach = new Map(steps.map((step) => [step, new Set<string>()]));
  for (const step of steps) {
    const open = [step];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const { from, to } of edges) {
        if (from !== at || reach.get(step)?.has(to)) continue;
        reach.get(step)?.add(to);
        open.push(to);
      }
    }
  }
  return reach;
}
const onCycle = (steps: readonly string[], edges: readonly LoopEdge[]) => {
  const reach = reachable(steps, edges);
  return steps.filter((step) => reach.get(step)?.has(step));
};

const names = ["a", "b", "c", "d", "e", "f"];
const graphs = fc.array(
  fc.record({
    from: fc.constantFrom(...names),
    to: fc.constantFrom(...names),
    future: fc.constantFrom(undefined, undefined, again, other),
  }),
  { maxLength: 14 },
);

describe("the loops among steps", () => {
  test("are none where nothing goes back", () => {
    const { loops, undeclared, unfed, feedback, loopOf } = analyse(edge("a>b"), edge("b>c"), edge("a>c"));

    expect([loops, undeclared, unfed]).toEqual([[], [], []]);
    expect([feedback, loopOf]).toEqual([
      [false, false, false],
      [undefined, undefined, undefined],
    ]);
  });

  test("go back into the steps that also have input from outside", () => {
    const { loops, feedback, loopOf } = analyse(
      edge("source>work"),
      edge("work>check"),
      edge("check>work", again),
      edge("check>sink"),
    );

    expect(loops).toEqual([{ name: "again", steps: ["work", "check"], heads: ["work"], maxRecords: 7 }]);
    expect(feedback).toEqual([false, false, true, false]);
    expect(loopOf).toEqual([undefined, 0, 0, undefined]);
  });

  test("go back by their future where no step of the cycle has input from outside", () => {
    const found = analyse(edge("s>a"), edge("a>b"), edge("b>c"), edge("c>b", again), edge("c>a", other));

    expect(found.loops).toMatchObject([{ name: "again+other", heads: ["b", "a"], maxRecords: 9 }]);
    expect(found.feedback).toEqual([false, false, false, true, true]);
  });

  test("may be one step that feeds itself", () => {
    const { loops, feedback } = analyse(edge("s>a"), edge("a>a", again), edge("a>sink"));

    expect(loops).toMatchObject([{ steps: ["a"], heads: ["a"] }]);
    expect(feedback).toEqual([false, true, false]);
  });

  test("are named when nothing can come into them", () => {
    expect(analyse(edge("a>b"), edge("b>a", again), edge("s>sink")).unfed).toEqual(["again"]);
  });

  test("are undeclared where a cycle has no future, and told as the steps of it", () => {
    const { undeclared } = analyse(edge("s>a"), edge("a>b"), edge("b>c"), edge("c>b"), edge("c>a", again));

    expect(undeclared.map((cycle) => [...cycle].sort())).toEqual([["b", "c"]]);
  });

  test("lose every declared cycle with the edges that go back", () => {
    fc.assert(
      fc.property(graphs, (edges) => {
        const { feedback, undeclared } = analyseLoops(names, edges);
        fc.pre(undeclared.length === 0);
        const rest = edges.filter((_, i) => !feedback[i]);

        expect(onCycle(names, rest)).toEqual([]);
      }),
    );
  });

  test("are exactly the steps that can come back to themselves, grouped by who can reach whom", () => {
    fc.assert(
      fc.property(graphs, (edges) => {
        const { loops, loopOf } = analyseLoops(names, edges);
        const reach = reachable(names, edges);
        const expected = onCycle(names, edges);

        expect(loops.flatMap(({ steps }) => steps).sort()).toEqual([...expected].sort());
        for (const { steps } of loops) {
          for (const step of steps) for (const to of steps) expect(reach.get(step)?.has(to)).toBe(true);
        }
        edges.forEach(({ from, to }, i) => {
          const loop = loops.findIndex(({ steps }) => steps.includes(from) && steps.includes(to));
          expect(loopOf[i]).toBe(loop < 0 ? undefined : loop);
        });
      }),
    );
  });

  test("are reported for every cycle that no future is part of", () => {
    fc.assert(
      fc.property(graphs, (edges) => {
        const plain = edges.filter(({ future }) => future === undefined);

        expect(analyseLoops(names, edges).undeclared.flat().sort()).toEqual(onCycle(names, plain).sort());
      }),
    );
  });

  test("have a head when they are fed, and only edges within the loop go back, into heads", () => {
    fc.assert(
      fc.property(graphs, (edges) => {
        const { loops, unfed, feedback, loopOf } = analyseLoops(names, edges);
        for (const { name, steps, heads } of loops) {
          const fed = edges.some(({ from, to }) => steps.includes(to) && !steps.includes(from));
          if (!fed) expect(unfed.includes(name)).toBe(name !== "undeclared");
          else expect(heads.length).toBeGreaterThan(0);
        }
        edges.forEach(({ to }, i) => {
          if (!feedback[i]) return;
          expect(loopOf[i]).toBeDefined();
          expect(loops[loopOf[i] as number]?.heads).toContain(to);
        });
      }),
    );
  });

  test("are found along a chain of thousands of steps, in one loop", () => {
    const steps = Array.from({ length: 5000 }, (_, i) => `step-${i}`);
    const edges = steps.map((from, i) =>
      edge(`${from}>step-${(i + 1) % 5000}`, i === 4999 ? again : undefined),
    );
    const { loops, feedback } = analyseLoops(["source", ...steps], [...edges, edge("source>step-0")]);

    expect(loops).toMatchObject([{ steps, heads: ["step-0"] }]);
    expect(feedback.filter(Boolean)).toHaveLength(1);
  });
});
