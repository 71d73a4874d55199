/**
 * Counts numbers by their last digit over Redis, as the job "counting": `node counting-job.mjs <socket> <numbers>`. It tells
 * how far it has come, `at <number>`, and in the end `counts <JSON>`. When it is killed, the next one goes on.
 */

import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { redis } from "../dist/index.js";

const [path, numbers] = [process.argv[2], Number(process.argv[3])];
const runtime = await createRuntime({
  adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path } })],
  queueKind: "redis",
  queueCapacity: 64,
});
const env = runtime.environment("counting");

class Numbers {
  poll(position = 0, max) {
    const records = Array.from({ length: Math.min(max, numbers - position) }, (_, i) => position + i);
    console.log(`at ${position}`);
    return { records, position: position + records.length, done: position + records.length === numbers };
  }
}

const counts = env
  .fromReplayable(Numbers)
  .map((n) => n, { parallelism: 2 })
  .keyBy((n) => n % 10)
  .reduce((sum, n) => ({ count: sum.count + 1, sum: sum.sum + n }), {
    initial: () => ({ count: 0, sum: 0 }),
    emit: "end",
    parallelism: 2,
  })
  .map((sum, { key }) => [key, sum])
  .collect();
const job = await env.submit({ id: "counting", maxBatch: 32 });
const { ledger } = await job.done;
const { balanced, read } = ledger;
console.log(`counts ${JSON.stringify({ counts: [...job.collected(counts)].sort(), balanced, read })}`);
await runtime.close();
