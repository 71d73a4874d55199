/** A pipeline on an adapter of its own: queues in another process, tasks in the background, a partitioner for runs. */
import { local } from "@sage-kernel/adapter-local";
import { createRuntime, tokens } from "@sage-kernel/core/di";
import { BackgroundTaskFactory } from "./background-tasks.ts";
import { inRuns } from "./in-runs.ts";
import { IpcQueueDriver } from "./ipc-queues.ts";

const driver = new IpcQueueDriver();
const background = {
  name: "background",
  register: (container: Parameters<ReturnType<typeof local>["register"]>[0]) =>
    void container.register(tokens.taskFactory, { useValue: new BackgroundTaskFactory() }),
};
const runtime = await createRuntime({
  adapters: [local({ log: { level: "warn" } }), driver.adapter, background],
  queueKind: driver.kind,
  queueCapacity: 8,
});
const env = runtime.environment("readings");
env.registerPartitioner("in-runs", inRuns(4));
const rising = env
  .fromBatch([1, 2, 3, 4, 9, 8, 7, 6, 5, 6, 7, 8])
  .map((n, { index }) => ({ n, index }), { parallelism: 2, partitioner: "in-runs" })
  .keyBy(({ index }) => index)
  .reduce(({ last, rises }, { n }) => ({ last: n, rises: rises + (n > last ? 1 : 0) }), {
    initial: () => ({ last: Number.POSITIVE_INFINITY, rises: 0 }),
    emit: "end",
  })
  .map(({ rises }, { key }) => `instance ${key} has seen ${rises} rises`)
  .collect();

const job = await env.submit();
const { ledger } = await job.done;
console.log([...job.collected(rising)].sort().join("\n"));
console.log(ledger.balanced ? "ledger balanced" : ledger.problems.join("\n"));
await runtime.close();
driver.close();
