import {
  keyOf,
  type Modelled,
  type Node,
  type Rec,
  runStep,
  type Scope,
  type StepOutcome,
  sharesInput,
} from "./model.ts";
import type { StepPlan } from "./plan.ts";
import { bury, keepsOrder, StepCode } from "./step-code.ts";

/** What each kind makes of a number. */
const made = {
  map: (n: number) => [n + 1],
  filter: (n: number) => (n % 3 === 0 ? [] : [n]),
  flatMap: (n: number) => Array.from({ length: n % 4 }, (_, i) => n + 100 * i),
  process: (n: number) => Array.from({ length: n % 3 }, (_, i) => n + 1000 * i),
  keyBy: (n: number) => [n],
} as const;

/** The kinds of steps that look at one record at a time. */
export type RecordKind = keyof typeof made;

/** Declares a step that looks at one record at a time. */
export function declareRecordStep(kind: RecordKind, given: StepPlan, input: Node, scope: Scope): Node {
  const step = withoutMixedUps(kind, given, input);
  const outcome = runStep(step, copies(step, input.records), (record) => emitted(kind, record, input.keyed));
  const code = new StepCode(kind, step, scope, outcome);
  const stream = declare(kind, code, step, input);
  const ordered = keepsOrder(input, step);
  bury(step, stream, outcome, ordered, scope);
  return { stream, keyed: kind === "keyBy" || input.keyed, ordered, records: outcome.outputs };
}

function declare(kind: RecordKind, code: StepCode, step: StepPlan, node: Node): Node["stream"] {
  const options = code.spreadOptions;
  const input = reads(kind, step, node) === "shared" ? node.stream.shared() : node.stream;
  switch (kind) {
    case "map":
      return input.map(
        code.does((record) => with_(record, made.map(record.n)[0] as number)),
        options,
      );
    case "filter":
      return input.filter(
        code.does(({ n }) => made.filter(n).length > 0),
        options,
      );
    case "flatMap":
      return input.flatMap(
        code.does((record) => made.flatMap(record.n).map((n) => with_(record, n))),
        options,
      );
    case "keyBy":
      return input.keyBy(
        code.does(({ n }) => keyOf(n)),
        options,
      );
    case "process": {
      const numbers = code.does(({ n }) => made.process(n));
      return input.process<Rec>(({ payload }, emit, ctx) => {
        const h = payload.n;
        const emitAll = (all: readonly number[]): void =>
          all.forEach((n, i) => {
            emit({ n, h }, { headers: { h: `${h}` }, ...(i === 1 ? { key: keyOf(h) } : {}) });
          });
        const answer = numbers(payload, ctx);
        return answer instanceof Promise ? answer.then(emitAll) : emitAll(answer);
      }, options);
    }
  }
}

function emitted(kind: RecordKind, { n, key }: Modelled, keyed: boolean): Modelled[] {
  return made[kind](n).map((value, i) => {
    if (kind === "keyBy") return { n: value, key: keyOf(n) };
    return { n: value, key: kind === "process" && keyed && i === 1 ? keyOf(n) : key };
  });
}

/** What reaches the instances: a record for each that gets it. */
function copies({ partitioner, parallelism }: StepPlan, records: readonly Modelled[]): readonly Modelled[] {
  const each =
    partitioner === "broadcast" ? parallelism : partitioner === "several" ? Math.min(2, parallelism) : 1;
  return each === 1 ? records : records.flatMap((record) => Array.from({ length: each }, () => record));
}

/** Steps that hand on what they receive get it for themselves. */
function reads(kind: RecordKind, step: StepPlan, input: Node): "shared" | "own" {
  return sharesInput(step, input) && kind !== "filter" && kind !== "keyBy" ? "shared" : "own";
}

/** Where several instances share one object, attempts at it cannot be told apart: nothing fails there. */
function withoutMixedUps(kind: RecordKind, step: StepPlan, input: Node): StepPlan {
  const several = step.partitioner === "broadcast" || step.partitioner === "several";
  return several && reads(kind, step, input) === "shared" ? { ...step, failing: 0 } : step;
}

const with_ = ({ h }: Rec, n: number): Rec => ({ n, h });

/** What a step that passes every record on comes to, as far as it does not fail. */
export function passed(step: StepPlan, records: readonly Modelled[]): StepOutcome {
  return runStep(step, records, (record) => [record]);
}
