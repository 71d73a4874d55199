import { LoopCache } from "../src/operator/loop-cache.ts";
import { Cursor, type Operator } from "../src/operator/operator.port.ts";
import type { OperatorRecipe, OperatorResources } from "../src/operator/operator-recipes.ts";
import { RecordSignals } from "../src/operator/record-signals.ts";
import type { RequestAccess } from "../src/operator/request-access.ts";
import type { StepFacts } from "../src/operator/step-context.ts";
import { RecordBuffer } from "../src/packet/record-buffer.ts";
import { Connection } from "../src/routing/connection.ts";
import { CustomGroup } from "../src/routing/custom-group.ts";
import { Router } from "../src/routing/router.ts";
import { TaskLedger } from "../src/state/ledger.ts";
import { AheadRecords } from "../src/task/ahead-records.ts";
import { CrashCounts } from "../src/task/crash-counts.ts";
import { FaultPolicy } from "../src/task/fault-policy.ts";
import { faultRules, type OnError } from "../src/task/on-error.ts";
import { PauseGate } from "../src/task/pause-gate.ts";
import type { RunnerScope } from "../src/task/runner-scope.ts";
import { TaskStats } from "../src/task/task-stats.ts";
import { createHost } from "./fake-host.ts";
import { createContext } from "./step-context.ts";

/** What a job without requests gives to its operators. */
export function createResources(): OperatorResources {
  const requests: RequestAccess = {
    reader: () => {
      throw new Error("there are no requests");
    },
    answer: () => false,
  };
  return { loops: new LoopCache(), print: () => undefined, requests };
}

/** An operator of a recipe, opened. */
export function openOperator(recipe: OperatorRecipe, facts: Partial<StepFacts> = {}): Operator {
  const operator = recipe(createResources());
  void operator.open(createContext(facts));
  return operator;
}

/** How the records of a test run. */
export interface RunnerSetup {
  readonly onError?: OnError;
  readonly concurrency?: number;
  readonly ordered?: boolean;
  readonly timeoutMs?: number;
  /** Makes the router selective. */
  readonly select?: (payload: unknown) => number | number[];
}

/** What running records works with, and what a test looks at. */
export function createRunnerScope(operator: Operator, setup: RunnerSetup = {}) {
  const { onError = "fail", concurrency = 1, ordered = true, timeoutMs, select } = setup;
  const node = "map-2#0";
  const abort = new AbortController();
  const { clock, random, logger, lines, scheduler } = createHost();
  const ledger = new TaskLedger();
  const stats = new TaskStats();
  const rules = faultRules(onError);
  const crashes = new CrashCounts();
  const log = logger;
  const faults = new FaultPolicy({
    node,
    rules,
    ledger,
    stats,
    clock,
    random,
    log,
    streamed: false,
    crashes,
  });
  const target = { step: "s", index: 0, inputIndex: 0, keyed: true, channel: 0, queue: {} as never };
  const partitioner = { select: ({ payload }: { payload: unknown }) => select?.(payload) ?? 0 };
  const groups = select && [new CustomGroup("custom", [new Connection(target)], partitioner, "s", (p) => p)];
  const router = new Router(groups ?? [], undefined);
  const out = new RecordBuffer();
  const cursor = new Cursor(createContext({ signal: abort.signal, step: "map-2" }));
  const { signal } = abort;
  const scope: RunnerScope = {
    ...{ node, operator, router, out, ledger, faults, stats, cursor, clock },
    ...{ concurrency, ordered, timeoutMs, signal, gate: new PauseGate() },
    ahead: new AheadRecords([]),
    signals: new RecordSignals(signal),
  };
  return { scope, abort, clock, ledger, stats, faults, router, out, cursor, lines, scheduler };
}
