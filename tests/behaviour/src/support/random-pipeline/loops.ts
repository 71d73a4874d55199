import type { FutureStream, TaskContext } from "@sage-kernel/core";
import { keyOf, type Modelled, type Node, outcomeOf, type Rec, type Scope, type Stream } from "./model.ts";
import type { StepPlan } from "./plan.ts";
import { bury, StepCode } from "./step-code.ts";

const limit = 500;

/** What goes round once more: grows, so that every record leaves the loop in the end. */
const grown = (n: number): number => 3 * n + 7;

/** Declares a feedback loop: each record of the input, what it grows to, and so on below a limit. */
export function declareLoop(name: string, step: StepPlan, input: Node, scope: Scope): Node {
  const records: Modelled[] = [];
  const failed: Modelled[] = [];
  let attempts = 0;
  const byKey = step.head === "join";
  for (const { n: first } of input.records) {
    for (let n = first; ; n = grown(n)) {
      records.push({ n, key: byKey ? keyOf(n) : undefined });
      const outcome = outcomeOf(step, n);
      attempts += outcome.attempts;
      if (!outcome.ok) failed.push({ n, key: undefined });
      if (!outcome.ok || grown(n) >= limit) break;
    }
  }
  const outcome = { outputs: [], failed, attempts };
  const code = new StepCode("loop", step, scope, outcome);
  const back = scope.env.fromFuture<Rec>(name);
  const head = declareHead(step, input.stream, back, scope);
  const body = head.map(
    code.does(({ n, h }) => ({ n: grown(n), h })),
    step.partitioner === "broadcast" || step.partitioner === "several" ? code.options : code.spreadOptions,
  );
  bury(step, body, outcome, false, scope);
  body.filter(({ n }) => n < limit, { queueCapacity: step.capacity }).fill(back);
  return { stream: head, keyed: byKey, ordered: false, records };
}

/** Where what comes from outside and what comes back meet. */
function declareHead(step: StepPlan, input: Stream, back: FutureStream<Rec>, { env, clock }: Scope): Stream {
  const { parallelism, capacity: queueCapacity, concurrency, head } = step;
  const options = { parallelism, queueCapacity, concurrency };
  const again = ({ n, h }: Rec, { signal }: TaskContext): Rec | Promise<Rec> => {
    if (concurrency === 1) return { n, h };
    const late = clock.sleep(n % 3, signal).catch(() => undefined);
    return late.then(() => ({ n, h }));
  };
  if (head === "union") return input.union(back).map(again, options);
  if (head === "coMap") return input.connect(back).coMap({ map0: again, map1: again }, options);
  const one = env.fromBatch(() => [0, 1, 2, 3, 4].map((n) => ({ n, h: null }))).keyBy(({ n }) => keyOf(n));
  return input
    .union(back)
    .keyBy(({ n }) => keyOf(n), { queueCapacity })
    .join(one, ({ n }) => ({ n, h: null }), options);
}
