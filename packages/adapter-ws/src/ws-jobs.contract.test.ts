import { JobClient, type JobRole, JobServer, LocalJobControl, type Principal } from "@sage-kernel/core";
import { createRuntime, tokens } from "@sage-kernel/core/di";
import {
  contractJobs,
  FakeQueueDriver,
  jobControlContract,
  RecordingLogger,
  realMachine,
  WorkerCluster,
} from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { describe } from "vitest";
import { ws, wsJobChannel } from "./node/ws.ts";
import { WsHub } from "./node/ws-hub.ts";

const everybody: Principal = {
  id: "anybody",
  roles: ["submit", "operate", "observe", "worker", "manage"],
};

/** A hub that believes whatever a token says. */
const openHub = (): Promise<WsHub> =>
  WsHub.listen({
    ...{ leaseMs: 1000, maxConnectionsPerAddress: 100, maxMessagesPerSecond: 10_000 },
    authenticate: ({ headers }) => {
      const token = headers.authorization?.slice("Bearer ".length) ?? "";
      return JSON.parse(Buffer.from(token, "base64url").toString()) as Principal;
    },
  });

const tokenOf = (principal: Principal): string =>
  Buffer.from(JSON.stringify(principal)).toString("base64url");

/** A machine in real time that records what is logged. */
const machine = (logger: RecordingLogger) => ({
  name: "machine",
  register: (container: Parameters<ReturnType<typeof realMachine>["register"]>[0]) => {
    realMachine().register(container);
    container.register(tokens.logger, { useValue: logger });
  },
});

describe("a manager in the hub's process, and clients of whom each may do something else", () => {
  describeContract(jobControlContract, {
    capabilities: ["principals"],
    async open() {
      const hub = await openHub();
      const logger = new RecordingLogger();
      const queues = {
        name: "queues",
        register: (container: Parameters<ReturnType<typeof realMachine>["register"]>[0]) =>
          void container.register(tokens.queueDriver, { useValue: new FakeQueueDriver() }),
      };
      const runtime = await createRuntime({ adapters: [machine(logger), queues], strictPayloads: true });
      const { host } = runtime;
      const channel = hub.channel();
      const control = new LocalJobControl(runtime, contractJobs);
      const server = await JobServer.open({ channel, control, host });
      const ends: (() => Promise<unknown>)[] = [];
      const connect = async (principal: Principal): Promise<JobClient> => {
        const own = wsJobChannel({ url: hub.url, token: tokenOf(principal) });
        const client = await JobClient.connect({ channel: own, host, name: principal.id });
        ends.push(async () => {
          await client.close();
          await own.close();
        });
        return client;
      };
      let clients = 0;
      return {
        control: await connect(everybody),
        as: (roles: readonly JobRole[]) => connect({ id: `client-${clients++}`, roles }),
        run: (main) => main(),
        logged: () => logger.lines,
        close: async () => {
          for (const end of ends) await end();
          await server.close();
          await channel.close();
          await runtime.close();
          await hub.close();
        },
      };
    },
    close: (subject) => subject.close(),
  });
});

describe("a manager with two workers, each over a connection of its own", () => {
  describeContract(jobControlContract, {
    async open() {
      const hub = await openHub();
      const logger = new RecordingLogger();
      const options = { url: hub.url, token: tokenOf(everybody) };
      const cluster = new WorkerCluster({
        process: async () => ({
          runtime: await createRuntime({ adapters: [machine(logger), ws(options)], queueKind: "ws" }),
          channel: wsJobChannel(options),
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
          await hub.close();
        },
      };
    },
    close: (subject) => subject.close(),
  });
});
