import { FakeClock } from "../clock/fake-clock.ts";
import { describeContract } from "../vitest.ts";
import { schedulerContract } from "./scheduler-contract.ts";
import { SimScheduler } from "./sim-scheduler.ts";

describeContract(schedulerContract, {
  lacks: { ordered: "the seed chooses the order", eventLoop: "time and turns are simulated" },
  open() {
    const scheduler = new SimScheduler(1, new FakeClock());
    return { scheduler, run: (main) => scheduler.run(main) };
  },
});
