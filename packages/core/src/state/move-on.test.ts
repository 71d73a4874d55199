import { expect, test } from "vitest";
import { moveOn } from "./move-on.ts";

const record = () => ({ delivered: undefined as PromiseLike<void> | undefined });

test("what moves on at once leaves nothing to wait for", () => {
  const task = record();
  moveOn(task, (wait) => wait(undefined));

  expect(task.delivered).toBeUndefined();
});

test("what takes its time is waited for, all of it, and then forgotten", async () => {
  const task = record();
  const ends: (() => void)[] = [];
  moveOn(task, (wait) => {
    for (let n = 0; n < 2; n++) wait(new Promise<void>((resolve) => ends.push(resolve)));
  });
  const { delivered } = task;
  ends[0]?.();
  await Promise.resolve();
  expect(task.delivered).toBe(delivered);
  ends[1]?.();
  await delivered;
  expect(task.delivered).toBeUndefined();
});

test("a later unit's is not forgotten with an earlier one's", async () => {
  const task = record();
  moveOn(task, (wait) => wait(Promise.resolve()));
  const first = task.delivered;
  moveOn(task, (wait) => wait(new Promise<void>(() => undefined)));
  const second = task.delivered;
  await first;

  expect(task.delivered).toBe(second);
});

test("what fails at once is heard of as what fails later, and stays to be heard of", async () => {
  const task = record();
  moveOn(task, () => {
    throw new Error("the queue is closed");
  });

  await expect(task.delivered).rejects.toThrow("the queue is closed");
  expect(task.delivered).toBeDefined();
});
