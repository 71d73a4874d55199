import { endOfSource, type SourceAnswer, SourceFunction, type TaskContext } from "@sage-kernel/core";
import type { Clock } from "@sage-kernel/core/spi";
import type { Node, Rec, Scope, Stream } from "./model.ts";
import type { StepPlan } from "./plan.ts";

const rec = (n: number): Rec => ({ n, h: null });

/** Declares a source of the numbers below `step.records`. */
export function declareSource(step: StepPlan, scope: Scope): Node {
  const numbers = Array.from({ length: step.records }, (_, n) => n);
  return {
    stream: open(step, scope, numbers),
    keyed: false,
    ordered: step.parallelism === 1,
    records: numbers.map((n) => ({ n, key: undefined })),
  };
}

function open(step: StepPlan, { env, clock }: Scope, numbers: readonly number[]): Stream {
  const { source, parallelism, delayMs } = step;
  switch (source) {
    case "array":
      return env.fromBatch(numbers.map(rec), { parallelism });
    case "generator":
      return env.fromBatch(() => generate(numbers), { parallelism });
    case "async":
      return env.fromBatch(({ signal }) => slowly(numbers, clock, delayMs, signal), { parallelism });
    case "function":
      return env.fromSource(ask(numbers, clock, delayMs), { idleMs: 3 });
    case "class":
      return env.fromSource({ create: () => new Share(numbers) }, { idleMs: 1, parallelism });
  }
}

function* generate(numbers: readonly number[]): Generator<Rec> {
  for (const n of numbers) yield rec(n);
}

async function* slowly(
  numbers: readonly number[],
  clock: Clock,
  delayMs: number,
  signal: AbortSignal,
): AsyncGenerator<Rec> {
  for (const n of numbers) {
    if (n % 5 === 0) await clock.sleep(delayMs, signal);
    yield rec(n);
  }
}

/** Answers now and then at once, later, or with nothing for now. */
function ask(numbers: readonly number[], clock: Clock, delayMs: number) {
  let asked = 0;
  let given = 0;
  return (ctx: TaskContext): SourceAnswer<Rec> | Promise<SourceAnswer<Rec>> => {
    if (asked++ % 4 >= 2) return undefined;
    const n = numbers[given++];
    if (n === undefined) return endOfSource;
    return n % 3 === 0 ? clock.sleep(delayMs, ctx.signal).then(() => rec(n)) : rec(n);
  };
}

/** Its instance's share of the numbers. */
class Share extends SourceFunction<Rec> {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    super();
    this.#numbers = numbers;
  }

  override open(ctx: TaskContext): void {
    this.#next = ctx.index;
  }

  execute(ctx: TaskContext): SourceAnswer<Rec> {
    const n = this.#numbers[this.#next];
    this.#next += ctx.parallelism;
    return n === undefined ? endOfSource : rec(n);
  }
}
