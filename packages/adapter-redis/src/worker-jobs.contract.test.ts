import { type Container, createRuntime, tokens } from "@sage-kernel/core/di";
import {
  contractJobs,
  jobControlContract,
  RecordingLogger,
  realMachine,
  WorkerCluster,
} from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { afterAll, beforeAll } from "vitest";
import { RedisServer } from "../test-support/redis-server.ts";
import { redis } from "./redis.ts";
import { redisJobChannel } from "./redis-job-channel.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server.stop());

/** A client of a manager with two workers: the jobs run in neither process. */
describeContract(jobControlContract, {
  async open() {
    const logger = new RecordingLogger();
    const log = {
      name: "log",
      register: (container: Container) => void container.register(tokens.logger, { useValue: logger }),
    };
    const ioredis = { path: server.path };
    const cluster = new WorkerCluster({
      process: async () => ({
        runtime: await createRuntime({
          adapters: [realMachine(), log, redis({ reportsKeptMs: 0, ioredis })],
          queueKind: "redis",
        }),
        channel: redisJobChannel({ ioredis, leaseMs: 1000 }),
        kill: () => undefined,
        revive: () => undefined,
      }),
      jobs: contractJobs,
      leaseMs: 1000,
    });
    await cluster.manager();
    for (const name of ["a", "b"]) await cluster.worker(name);
    return {
      control: await cluster.client(),
      run: (main) => main(),
      logged: () => logger.lines,
      close: async () => {
        await cluster.close();
        await server.command("FLUSHALL");
      },
    };
  },
  close: (subject) => subject.close(),
});
