import type { Key, Modelled, Node, Rec, Scope } from "./model.ts";
import { keyed, runStep, sharesInput } from "./model.ts";
import type { StepPlan } from "./plan.ts";
import { passed } from "./record-steps.ts";
import { bury, keepsOrder, StepCode } from "./step-code.ts";

/** Steps that combine two values fail before or after a record, never within a call. */
export function failingOutside(step: StepPlan): StepPlan {
  const inside = step.site === "function" || step.site === "promise";
  return { ...step, site: inside ? "before" : step.site, timeLimit: 0 };
}

/** Declares a reduce whose results do not depend on the order of arrival. */
export function declareReduce(given: StepPlan, input: Node, scope: Scope): Node {
  const step = failingOutside(given);
  const good = passed(step, input.records);
  const code = new StepCode(step.kind, step, scope, good);
  const source = sharesInput(step, input) ? keyed(input).shared() : keyed(input);
  if (step.kind === "count") {
    const stream = source.reduce((count: Rec, { h }: Rec): Rec => ({ n: count.n + 1, h }), {
      ...code.options,
      initial: () => ({ n: 0, h: null }),
    });
    const ordered = keepsOrder(input, step);
    bury(step, stream, good, ordered, scope);
    const counts = new Map<Key | undefined, number>();
    const records = good.outputs.map(({ key }) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { n: counts.get(key) as number, key };
    });
    return { stream, keyed: true, ordered, records };
  }
  const sums = new Map<Key | undefined, number>();
  for (const { n, key } of good.outputs) sums.set(key, (sums.get(key) ?? 0) + n);
  const total = source.reduce((left, right) => ({ n: left.n + right.n, h: null }), {
    ...code.options,
    emit: "end",
  });
  bury(step, total, good, keepsOrder(input, step), scope);
  return {
    stream: total.map(({ n }) => ({ n, h: null })), // what comes at the end has no headers
    keyed: true,
    ordered: false,
    records: [...sums].map(([key, n]) => ({ n, key })),
  };
}

/** Declares a join. */
export function declareJoin(given: StepPlan, left: Node, right: Node, scope: Scope): Node {
  const step = failingOutside(given);
  const [lefts, rights] = [passed(step, left.records), passed(step, right.records)];
  const records = lefts.outputs.flatMap((l) =>
    rights.outputs.filter((r) => r.key === l.key).map((r) => ({ n: sum(l, r), key: l.key })),
  );
  const outcome = {
    outputs: records,
    failed: [...lefts.failed, ...rights.failed],
    attempts: lefts.attempts + rights.attempts,
  };
  const code = new StepCode("join", step, scope, outcome);
  let wait: Promise<void> | undefined; // one for all pairs of a time, and not a timer for each
  const stream = keyed(left).join(
    keyed(right),
    (l, r, ctx) => {
      const pair = { n: sum(l, r), h: null };
      if (step.delayMs === 0) return pair;
      wait ??= scope.clock
        .sleep((pair.n * 3) % step.delayMs, ctx.signal)
        .catch(() => undefined)
        .finally(() => {
          wait = undefined;
        });
      return wait.then(() => pair);
    },
    code.options,
  );
  bury(step, stream, outcome, false, scope);
  return { stream, keyed: true, ordered: false, records };
}

/** Declares a coMap of two streams. */
export function declareCoMap(step: StepPlan, left: Node, right: Node, scope: Scope): Node {
  const keys = left.keyed && right.keyed;
  const strip = ({ n, key }: Modelled): Modelled => ({ n, key: keys ? key : undefined });
  const first = runStep(step, left.records.map(strip), ({ n, key }) =>
    n % 6 === 0 ? [] : [{ n: n + 2, key }],
  );
  const second = runStep(step, right.records.map(strip), ({ n, key }) => [{ n: n + 5, key }]);
  const outcome = {
    outputs: [...first.outputs, ...second.outputs],
    failed: [...first.failed, ...second.failed],
    attempts: first.attempts + second.attempts,
  };
  const code = new StepCode("coMap", step, scope, outcome);
  const stream = left.stream.connect(right.stream).coMap(
    {
      map0: code.does(({ n, h }) => (n % 6 === 0 ? undefined : { n: n + 2, h })),
      map1: code.does(({ n, h }) => ({ n: n + 5, h })),
    },
    code.options,
  );
  bury(step, stream, outcome, false, scope);
  return { stream, keyed: keys, ordered: false, records: outcome.outputs };
}

/** Declares a union of two streams. */
export function declareUnion(left: Node, right: Node): Node {
  const keys = left.keyed && right.keyed;
  const stream = keys ? keyed(left).union(keyed(right)) : left.stream.union(right.stream);
  const records = [...left.records, ...right.records].map(({ n, key }) => ({
    n,
    key: keys ? key : undefined,
  }));
  return { stream, keyed: keys, ordered: false, records, united: true };
}

function sum(left: { readonly n: number }, right: { readonly n: number }): number {
  return (3 * left.n + right.n) % 10_000;
}
