import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { systemClock } from "@sage-kernel/testkit";
import { expect, onTestFinished, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";

test("who listens at a queue hears when its server may have lost what was put there, until they stop", async () => {
  const lab = await RedisLab.start();
  onTestFinished(() => lab.stop());
  const queue = await lab.driver().open(new QueueDescriptor({ kind: "redis", id: "job/q", capacity: 100 }));
  await queue.put(new Batch(0, 0, ["x".repeat(1000)]));
  const heard: string[] = [];
  const other: string[] = [];
  queue.onLoss?.(({ code }) => heard.push(code));
  const stop = queue.onLoss?.(({ code }) => other.push(code));
  stop?.();
  await lab.server.restartWithout(500);
  for (let looks = 0; heard.length === 0 && looks < 500; looks++) await systemClock.sleep(20);

  expect(heard).toEqual(["STORE_ROLLED_BACK"]);
  expect(other).toEqual([]);
});
