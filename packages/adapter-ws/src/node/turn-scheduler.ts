import type { Scheduler } from "@sage-kernel/core/spi";

const microtask = Promise.resolve();

/** Runs what is posted as a microtask: what wakes somebody here came with a message, in a turn of its own. */
export const turnScheduler: Scheduler = {
  post: (step) => void microtask.then(() => step.run()),
  yield: () => new Promise((resolve) => setImmediate(resolve)),
};
