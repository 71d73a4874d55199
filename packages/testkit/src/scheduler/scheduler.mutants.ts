import type { Runnable, Scheduler } from "@sage-kernel/core/spi";
import { type Mutant, mutantsOf } from "../contract/mutant.ts";
import { type SchedulerSubject, turnSchedulerBinding } from "./scheduler-subject.ts";

/** A scheduler of one step per turn of which a mutant replaces a member. */
const schedulerMutant = mutantsOf(
  turnSchedulerBinding,
  (subject: SchedulerSubject, wrong: (right: Scheduler) => Partial<Scheduler>): SchedulerSubject => {
    const right = subject.scheduler;
    return {
      ...subject,
      scheduler: { post: (step) => right.post(step), yield: () => right.yield(), ...wrong(right) },
    };
  },
);

/** Minimal wrong schedulers, each caught by the scheduler contract. */
export const schedulerMutants: readonly Mutant<SchedulerSubject>[] = [
  schedulerMutant("SCHM-01", "runs a step inside post", ["SCH-01"], () => ({ post: (step) => step.run() })),
  schedulerMutant("SCHM-02", "runs a step inside the post of another step", ["SCH-01"], (right) => {
    let running = false;
    return {
      post(step) {
        if (running) step.run();
        else
          right.post({
            run() {
              running = true;
              step.run();
              running = false;
            },
          });
      },
    };
  }),
  schedulerMutant("SCHM-03", "forgets a step that is posted twice", ["SCH-02"], (right) => {
    const known = new Set<Runnable>();
    return {
      post(step) {
        if (!known.has(step)) right.post(step);
        known.add(step);
      },
    };
  }),
  schedulerMutant("SCHM-04", "runs every step twice", ["SCH-02"], (right) => ({
    post(step) {
      right.post(step);
      right.post(step);
    },
  })),
  schedulerMutant("SCHM-05", "runs the newest step first", ["SCH-03"], (right) => {
    const steps: Runnable[] = [];
    return {
      post(step) {
        steps.push(step);
        right.post({ run: () => steps.pop()?.run() });
      },
    };
  }),
  schedulerMutant("SCHM-06", "never comes back from yield", ["SCH-04", "SCH-05"], () => ({
    yield: () => new Promise(() => undefined),
  })),
  schedulerMutant("SCHM-07", "yields to microtasks only", ["SCH-05"], () => ({
    yield: () => Promise.resolve(),
  })),
  schedulerMutant("SCHM-08", "runs steps as microtasks and never lets go", ["SCH-06"], () => ({
    post: (step) => queueMicrotask(() => step.run()),
  })),
];
