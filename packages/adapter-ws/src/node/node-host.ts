import { randomBytes } from "node:crypto";
import { type Clock, sleepOn } from "@sage-kernel/core/spi";

/** Longest delay of a timer in Node, in ms: a longer one would fire at once. */
const longestMs = 2 ** 31 - 1;

/** Node's timers, for connections: a runtime's clock may stand still, and they live longer than it. */
export const nodeClock: Pick<Clock, "monotonic" | "setTimer" | "sleep"> = {
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, longestMs));
    return { clear: () => clearTimeout(timer) };
  },
  sleep: (delayMs, signal) => sleepOn(nodeClock as Clock, delayMs, signal),
};

const microtask = Promise.resolve();

/** Runs something behind what is under way now. */
export const nodeDefer = (run: () => void): void => void microtask.then(run);

/** 128 random bits. */
export const nodeSecret = (): string => randomBytes(16).toString("base64url");
