import {
  type JobClient as Client,
  defineJob,
  JobClient,
  JobServer,
  LocalJobControl,
} from "@sage-kernel/core";
import { type Container, createRuntime, tokens } from "@sage-kernel/core/di";
import { MemoryQueue, type QueueDriver } from "@sage-kernel/core/spi";
import { realMachine } from "@sage-kernel/testkit";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { AttackedHub, clientToken, workerToken } from "../test-support/attacked-hub.ts";
import { wsJobChannel } from "./node/ws.ts";

const attacked = new AttackedHub();

describe("jobs", () => {
  const counting = defineJob({
    name: "counting",
    params: z.strictObject({ records: z.int().max(100) }),
    build: (env, { records }) =>
      void env.fromBatch(Array.from({ length: records }, (_, i) => i)).sink(() => undefined),
  });
  const memory: QueueDriver = {
    kind: "memory",
    capabilities: { crossProcess: false, durable: false, atomicCommit: true },
    open: (descriptor) =>
      new MemoryQueue(descriptor, {
        post: (step) => queueMicrotask(() => step.run()),
        yield: async () => undefined,
      }),
  };

  async function served(token: string, run: (jobs: Client) => Promise<void>): Promise<void> {
    const queues = {
      name: "memory",
      register: (container: Container) => void container.register(tokens.queueDriver, { useValue: memory }),
    };
    const runtime = await createRuntime({ adapters: [realMachine(), queues], queueKind: "memory" });
    const control = new LocalJobControl(runtime, [counting]);
    const server = await JobServer.open({ channel: attacked.hub.channel(), control, host: runtime.host });
    const channel = wsJobChannel({ url: attacked.hub.url, token });
    const jobs = await JobClient.connect({ channel, host: runtime.host, name: "c1" });
    try {
      await run(jobs);
    } finally {
      await jobs.close();
      await channel.close();
      await server.close();
      await runtime.close();
    }
  }

  test.each([
    ["a name that is not among them", "mining", "JOB_UNKNOWN"],
    ["a path", "../../etc/passwd", "JOB_UNKNOWN"],
    ["a module", "node:child_process", "JOB_UNKNOWN"],
    ["a property of all objects", "__proto__", "JOB_UNKNOWN"],
  ])("are refused for %s", async (_, name, code) => {
    await served(clientToken, async (jobs) => {
      await expect(jobs.submit({ name, params: { records: 1 } })).rejects.toMatchObject({ code });
      expect((await jobs.list()).entries).toEqual([]);
    });
  });

  test("are refused for parameters that are not allowed, and done for those who may", async () => {
    await served(clientToken, async (jobs) => {
      for (const params of [{ records: 1000 }, { records: 1, shell: "sh" }, null]) {
        await expect(jobs.submit({ name: "counting", params })).rejects.toMatchObject({
          code: "JOB_PARAMS_INVALID",
        });
      }
      const { job } = await jobs.submit({ name: "counting", params: { records: 3 } });
      expect(await jobs.wait(job)).toMatchObject({ state: "completed" });
      await expect(jobs.stop(job)).rejects.toMatchObject({ code: "FORBIDDEN" });
    });
  });

  test("are nothing for who only works, nor queues for who only submits", async () => {
    await served(workerToken, async (jobs) => {
      await expect(jobs.list()).rejects.toMatchObject({ code: "FORBIDDEN" });
    });
    const one = attacked.raw({ token: clientToken });
    await one.hello();
    one.request(1, "open", { link: 1, descriptor: { kind: "ws", id: "x", capacity: 4, options: {} } });
    expect(Buffer.from(await one.next()).toString("latin1")).toContain("FORBIDDEN");
    one.request(2, "seat.hold", { name: "manager", fence: true });
    expect(Buffer.from(await one.next()).toString("latin1")).toContain("FORBIDDEN");
    one.socket.terminate();
  });
});
