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
import { WsLab } from "../test-support/ws-lab.ts";
import type { HubClient } from "./client/hub-client.ts";

let lab: WsLab;
let client: HubClient;

beforeAll(async () => {
  lab = await WsLab.start();
  client = lab.client();
});

afterAll(() => lab.stop());

describe("at a hub", () => {
  describeContract(
    queueContract,
    queueBinding(() => lab.driver(client), {
      capabilities: ["bytes"],
      lacks: { offer: "an offer needs credit, which comes with the first put" },
    }),
  );
});

describe("in the process of the hub", () => {
  describeContract(
    queueContract,
    queueBinding(() => lab.hub.queues, {
      capabilities: ["offer"],
      lacks: { bytes: "records stay objects there, so they have no size in bytes" },
    }),
  );
});

describeContract(
  queueDriverContract,
  queueDriverBinding(() => lab.driver(client), { capabilities: ["crossProcess"] }),
);

describeContract(queueDisruptionContract, {
  capabilities: ["cut", "killPeer"],
  lacks: { restart: "a hub that is restarted has lost its queues, and says so" },
  open({ caseId, runId }): DisruptedQueueSubject {
    let own = lab.client();
    let queues = lab.driver(own);
    return {
      open: (name, capacity) =>
        queues.open(new QueueDescriptor({ kind: "ws", id: `${caseId}/${runId}/${name}`, capacity })),
      disrupt: {
        cut: async () => {
          lab.proxy.cut();
          while (own.connected) await new Promise((resolve) => setImmediate(resolve));
        },
        heal: () => lab.proxy.heal(),
        killPeer: () => {
          own = lab.client();
          queues = lab.driver(own);
        },
      },
    };
  },
});
