/** A worker process: `node counting-worker.mjs <url> <name>`. On SIGTERM it hands over what it has; it ends with its parent. */
import { WorkerHost } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { ws, wsJobChannel } from "../dist/index.js";
import { countingJob } from "./counting-job.mjs";

const [url, name] = process.argv.slice(2);
const runtime = await createRuntime({ adapters: [realMachine(), ws({ url })], queueKind: "ws" });
const channel = wsJobChannel({ url });
const worker = await WorkerHost.open({ channel, runtime, jobs: [countingJob], name, beatMs: 100 });
process.stdin.resume().on("end", () => process.exit(1));
process.on("SIGTERM", async () => {
  await worker.close();
  await runtime.close();
  await channel.close();
  process.exit(0);
});
