import type { DataStream, Environment, KeyedStream } from "@sage-kernel/core";
import type { Clock } from "@sage-kernel/core/spi";
import type { StepPlan } from "./plan.ts";

/** The keys of generated streams: those that are easily confused with each other or with no key. */
export type Key = number | string | boolean | null;

const keys: readonly Key[] = [0, "", false, "0", null];

/** The key by which generated steps key a number. */
export function keyOf(n: number): Key {
  return keys[n % keys.length] as Key;
}

/** A record of a generated stream: its number, and its header where it has to have one. */
export interface Rec {
  readonly n: number;
  readonly h: number | null;
}

/** A generated stream. */
export type Stream = DataStream<Rec>;

/** A record as the sequential model sees it. */
export interface Modelled {
  readonly n: number;
  readonly key: Key | undefined;
}

/** A declared stream, and what must come out of it. */
export interface Node {
  readonly stream: Stream;
  readonly keyed: boolean;
  /** Whether the records come in the model's order. */
  readonly ordered: boolean;
  readonly records: readonly Modelled[];
  /** True for a union, by which one object may come twice when it is shared. */
  readonly united?: true;
}

/** The same stream as a keyed one, which the model knows it to be. */
export function keyed(node: Node): KeyedStream<Key, Rec> {
  return node.stream as KeyedStream<Key, Rec>;
}

/** Whether a step reads its input behind `shared()`. */
export function sharesInput(step: StepPlan, input: Node): boolean {
  return step.shared && input.united !== true;
}

/** What a generated pipeline is declared with. */
export interface Scope {
  readonly env: Environment;
  readonly clock: Clock;
  /** What the steps do while they run. */
  readonly watch: Watch;
  /** What a sequential model says of failures. */
  readonly failures: { skipped: number; deadLettered: number; stored: number };
  /** Further nodes, beside the one that a step becomes. */
  readonly aside: Node[];
}

/** Looks on while generated steps run: what must never happen, and how often each record was tried. */
export class Watch {
  /** What must not have happened. */
  readonly violations: string[] = [];
  readonly #calls: { readonly name: string; readonly expected: number; made: number }[] = [];

  /** Counts the attempts of a step, of which so many are expected; call the result for each. */
  counter(name: string, expected: number): () => void {
    const calls = { name, expected, made: 0 };
    this.#calls.push(calls);
    return () => {
      calls.made++;
    };
  }

  /** Steps that were not called as often as they should, in words. */
  get miscounted(): string[] {
    return this.#calls
      .filter(({ expected, made }) => expected !== made)
      .map(({ name, expected, made }) => `${name} made ${made} attempts instead of ${expected}`);
  }
}

/** What the model says about the records of one step. */
export interface StepOutcome {
  readonly outputs: readonly Modelled[];
  readonly failed: readonly Modelled[];
  readonly attempts: number;
}

/** Runs a step over its input in the model: each record that does not fail for good emits what `emit` says. */
export function runStep(
  step: StepPlan,
  inputs: readonly Modelled[],
  emit: (record: Modelled) => readonly Modelled[],
): StepOutcome {
  const outputs: Modelled[] = [];
  const failed: Modelled[] = [];
  let attempts = 0;
  for (const record of inputs) {
    const outcome = outcomeOf(step, record.n);
    attempts += outcome.attempts;
    if (outcome.ok) outputs.push(...emit(record));
    else failed.push(record);
  }
  return { outputs, failed, attempts };
}

/** How a record ends, and after how many attempts. */
export function outcomeOf(step: StepPlan, n: number): { readonly ok: boolean; readonly attempts: number } {
  const limit = limitMs(step);
  if (limit !== undefined && delayOf(step, n) > limit) return { ok: false, attempts: tries(step) };
  if (!fails(step, n)) return { ok: true, attempts: 1 };
  return step.flaky < tries(step)
    ? { ok: true, attempts: step.flaky + 1 }
    : { ok: false, attempts: tries(step) };
}

/** How many attempts at a record a step's policy allows in all. */
export function tries({ attempts, restarts }: StepPlan): number {
  return attempts * (restarts + 1);
}

/** Whether the first attempts at a number fail. */
export function fails({ failing }: StepPlan, n: number): boolean {
  return failing > 0 && n % failing === 3;
}

/** How long an attempt at a number takes, in ms. */
export function delayOf({ delayMs }: StepPlan, n: number): number {
  return delayMs === 0 ? 0 : (n * 7) % delayMs;
}

/** Time limit of an attempt: never the same as a delay. */
export function limitMs({ timeLimit, delayMs }: StepPlan): number | undefined {
  return timeLimit === 0 ? undefined : Math.floor(timeLimit * delayMs) + 0.5;
}
