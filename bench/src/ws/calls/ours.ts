import { local } from "@sage-kernel/adapter-local";
import { WsHub, ws, wsJobChannel } from "@sage-kernel/adapter-ws";
import { defineJob, JobClient, JobManagerHost, WorkerHost } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import * as z from "zod";
import { startServer, type WsCallCases, wsCallCases } from "./ws-call-cases.ts";

const silent = local({ log: { level: "error" } });

/** A job that is nothing but a service; its source never has a record. */
const serving = defineJob({
  name: "serving",
  params: z.null(),
  build: (env) => {
    env.registerService("next", () => ({ process: (n: number) => n + 1 }));
    env
      .fromReplayable(
        class {
          async poll(position = 0) {
            await new Promise((resolve) => setTimeout(resolve, 1000));
            return { records: [] as number[], position };
          }
        },
      )
      .sink(() => undefined);
  },
});

/** Ours: a service in a worker, called by a manager in whose process the hub is. */
export const { one, many }: WsCallCases = wsCallCases(async () => {
  const hub = await WsHub.listen();
  const runtime = await createRuntime({ adapters: [silent, hub.adapter], queueKind: "ws" });
  const channel = hub.channel();
  const manager = await JobManagerHost.open({ channel, runtime, jobs: [serving] });
  const [, child] = await startServer(import.meta.url, hub.url);
  const client = await JobClient.connect({ channel: hub.channel(), host: runtime.host });
  const { job } = await client.submit({ name: "serving", params: null });
  return {
    child,
    call: (n) => runtime.callService("next", n) as Promise<number>,
    close: async () => {
      await client.stop(job, { drain: false });
      await client.close();
      await manager.close();
      await runtime.close();
      await channel.close();
      await hub.close();
    },
  };
});

/** The other process: a worker. */
export async function serve(url: string): Promise<undefined> {
  const runtime = await createRuntime({ adapters: [silent, ws({ url })], queueKind: "ws" });
  await WorkerHost.open({ channel: wsJobChannel({ url }), runtime, jobs: [serving], name: "worker" });
  return undefined;
}
