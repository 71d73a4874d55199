import { LocalJobControl } from "@sage-kernel/core";
import { contractJobs, jobControlContract } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { createLocalRuntime } from "./local.ts";

describeContract(jobControlContract, {
  async open() {
    const runtime = await createLocalRuntime({ log: { level: "silent" } });
    return {
      control: new LocalJobControl(runtime, contractJobs),
      run: (main) => main(),
      close: () => runtime.close(),
    };
  },
  close: (subject) => subject.close(),
});
