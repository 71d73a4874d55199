import { LocalJobControl } from "@sage-kernel/core";
import { createRuntime, tokens } from "@sage-kernel/core/di";
import { contractJobs, jobControlContract, RecordingLogger } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { local } from "./local.ts";

describeContract(jobControlContract, {
  async open() {
    const logger = new RecordingLogger();
    const recording = {
      name: "recording",
      register: (container: Parameters<ReturnType<typeof local>["register"]>[0]) =>
        void container.register(tokens.logger, { useValue: logger }),
    };
    const runtime = await createRuntime({ adapters: [local(), recording] });
    return {
      control: new LocalJobControl(runtime, contractJobs),
      run: (main) => main(),
      logged: () => logger.lines,
      close: () => runtime.close(),
    };
  },
  close: (subject) => subject.close(),
});
