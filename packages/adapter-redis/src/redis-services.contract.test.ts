import { serviceTransportBinding, serviceTransportContract, simulatedMachine } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { afterAll, beforeAll } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import { ServerProbe } from "../test-support/server-probe.ts";
import { RedisQueueDriver } from "./redis-queue-driver.ts";

let lab: RedisLab;
let probe: ServerProbe;

beforeAll(async () => {
  lab = await RedisLab.start();
  probe = await ServerProbe.connect(lab.server.path);
});

afterAll(async () => {
  probe.close();
  await lab.stop();
});

describeContract(
  serviceTransportContract,
  serviceTransportBinding(
    () => {
      const machine = simulatedMachine(1);
      machine.host.scheduler.outside = () => probe.quiet();
      const driver = ({ clock }: { readonly clock: { monotonic(): number } }): RedisQueueDriver =>
        new RedisQueueDriver(lab.process(lab.client(), clock));
      return { machine, pendingCalls: 1000, driver };
    },
    {
      capabilities: ["virtual"],
      lacks: { queueTime: "what a request waits in a queue is not counted: nobody's clock is both sides'" },
    },
  ),
);
