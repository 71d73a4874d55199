import { StepContext, type StepFacts } from "../src/operator/step-context.ts";
import { TaskRecord } from "../src/state/task-record.ts";
import { TaskState } from "../src/state/task-state.ts";
import { createHost } from "./fake-host.ts";

/** The context of a task instance; what the test does not say is of no importance. */
export function createContext(facts: Partial<StepFacts> = {}): StepContext {
  const { clock, random, metrics, logger } = createHost();
  return new StepContext({
    job: "job-1",
    step: "step-1",
    index: 0,
    parallelism: 1,
    keyed: false,
    strategies: ["round-robin"],
    log: logger,
    metrics,
    clock,
    random,
    signal: new AbortController().signal,
    tables: new TaskState(new TaskRecord()),
    seesKeys: false,
    timed: false,
    services: undefined,
    stateless: undefined,
    ...facts,
  });
}
