import { QueueDescriptor } from "@sage-kernel/core/spi";
import {
  type DisruptedQueueSubject,
  queueBinding,
  queueContract,
  queueDisruptionContract,
  queueDriverBinding,
  queueDriverContract,
} from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { afterAll, beforeAll, describe } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import type { RedisClient } from "./redis-client.ts";
import { RedisQueueDriver } from "./redis-queue-driver.ts";

let lab: RedisLab;
let client: RedisClient;

beforeAll(async () => {
  lab = await RedisLab.start();
  client = lab.client();
});

afterAll(() => lab.stop());

const driver = (): RedisQueueDriver => lab.driver(client);

describeContract(
  queueContract,
  queueBinding(driver, {
    lacks: { offer: "the server knows whether there is room", bytes: "records are counted, not weighed" },
  }),
);

describe.each(["call", "work"])("a queue with the mode %s", (mode) => {
  describeContract(
    queueContract,
    queueBinding(
      () => {
        const inner = driver();
        return {
          kind: inner.kind,
          capabilities: inner.capabilities,
          open: ({ kind, id, capacity }) =>
            inner.open(new QueueDescriptor({ kind, id, capacity, options: { mode, prefetch: 1000 } })),
        };
      },
      {
        lacks: { offer: "the server knows whether there is room", bytes: "records are counted, not weighed" },
      },
    ),
  );
});

describeContract(queueDriverContract, queueDriverBinding(driver, { capabilities: ["crossProcess"] }));

describeContract(queueDisruptionContract, {
  capabilities: ["cut", "restart", "killPeer"],
  open({ caseId, runId }): DisruptedQueueSubject {
    let redis = lab.client();
    let process = lab.process(redis);
    let queues = new RedisQueueDriver(process);
    return {
      open: (name, capacity) =>
        queues.open(new QueueDescriptor({ kind: "redis", id: `${caseId}/${runId}/${name}`, capacity })),
      disrupt: {
        cut: () => lab.proxy.cut(),
        heal: () => lab.proxy.heal(),
        restartServer: () => lab.server.restart(),
        killPeer: async () => {
          process.reader.close();
          await redis.close();
          redis = lab.client();
          process = lab.process(redis);
          queues = new RedisQueueDriver(process);
        },
      },
    };
  },
});
