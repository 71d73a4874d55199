import { serviceTransportBinding, serviceTransportContract, simulatedMachine } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { afterAll, beforeAll } from "vitest";
import { WsLab } from "../test-support/ws-lab.ts";
import type { HubClient } from "./client/hub-client.ts";

let lab: WsLab;
let client: HubClient;

beforeAll(async () => {
  lab = await WsLab.start();
  client = lab.client();
});

afterAll(() => lab.stop());

describeContract(
  serviceTransportContract,
  serviceTransportBinding(
    () => {
      const machine = simulatedMachine(1);
      machine.host.scheduler.outside = () => lab.quiet();
      return { machine, pendingCalls: 1000, driver: ({ clock }) => lab.driver(client, clock) };
    },
    {
      capabilities: ["virtual"],
      lacks: { queueTime: "what a request waits in a queue is not counted: nobody's clock is both sides'" },
    },
  ),
);
