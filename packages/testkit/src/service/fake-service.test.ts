import { hasCode } from "@sage-kernel/core";
import { type Adapter, createRuntime, tokens } from "@sage-kernel/core/di";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../clock/fake-clock.ts";
import { rejectionOf } from "../contract/probes.ts";
import { registerFakes } from "../fakes.ts";
import { simulatedMachine, type VirtualMachine } from "../machine/virtual-machine.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { PlainTaskFactory } from "../task/task-factory-subject.ts";
import { answers, FakeService } from "./fake-service.ts";

interface Profiles {
  process(id: number): string;
  byEmail(mail: string): Promise<{ readonly name: string }>;
}

describe("a fake service", () => {
  it("answers in turn, and goes on with its last answer", () => {
    const fake = new FakeService<Profiles>().on("process", "a", (id) => `id ${id}`).on("process", "z");
    const service = fake.source.create();

    const got = [1, 2, 3, 4].map((id) => service.process(id));

    expect(got).toEqual(["a", "id 2", "z", "z"]);
    expect(fake.argsOf("process")).toEqual([[1], [2], [3], [4]]);
  });

  it("throws errors, and gives functions and missing results as they are", () => {
    const down = new Error("down");
    const value = () => "never called";
    const fake = new FakeService().on("process", answers.error(down), answers.value(value), undefined);
    const service = fake.source.create();

    expect(() => service.process?.()).toThrow(down);
    expect(service.process?.()).toBe(value);
    expect(service.process?.()).toBe(undefined);
  });

  it("waits on its clock", async () => {
    const clock = new FakeClock();
    const fake = new FakeService<Profiles>({ clock }).on("byEmail", answers.after(50, { name: "Ada" }));
    let got: unknown;
    void fake.source
      .create()
      .byEmail("ada@x")
      .then((name) => {
        got = name;
      });

    await clock.advance(49);
    expect(got).toBe(undefined);
    await clock.advance(1);
    expect(got).toEqual({ name: "Ada" });
  });

  it("says what is missing: an answer, or a clock", async () => {
    const fake = new FakeService().on("process").on("slow", answers.after(1, 1));
    const service = fake.source.create();

    expect(() => service.process?.()).toThrow('process() has no answer: fake.on("process", …)');
    await expect(service.slow?.()).rejects.toThrow("a delay of slow() needs a clock");
  });

  it("shares its script and its calls between its instances", () => {
    const fake = new FakeService<Profiles>().on("process", "a", "b");
    const [one, two] = [fake.source.create(), fake.source.create()];

    expect([one.process(1), two.process(2)]).toEqual(["a", "b"]);
    expect(fake.calls.map(({ args }) => args)).toEqual([[1], [2]]);
  });
});

describe("a fake service in a pipeline", () => {
  it("records arguments and headers, and answers by its script", () =>
    onMachine(async (runtime) => {
      const fake = new FakeService<Profiles>().on(
        "byEmail",
        { name: "Ada" },
        answers.error(new RangeError("no such mail")),
        answers.after(200, { name: "Bob" }),
      );
      const env = runtime.environment("pipeline");
      const profiles = env.registerService("profiles", fake.source);
      const collected = env
        .fromBatch(["ada@x", "nobody@x", "bob@x"])
        .map(async (mail, ctx) => {
          const call = { service: profiles, method: "byEmail", args: [mail] as [string] } as const;
          const answer = ctx.callService({ ...call, headers: { trace: mail } });
          return answer.then(
            ({ name }) => name,
            (error: Error) => `${error.name}: ${error.message}`,
          );
        })
        .collect();

      const job = await env.submit();
      await job.done;

      expect(job.collected(collected)).toEqual(["Ada", "RangeError: no such mail", "Bob"]);
      expect(fake.argsOf("byEmail")).toEqual([["ada@x"], ["nobody@x"], ["bob@x"]]);
      expect(fake.calls.map(({ headers }) => headers?.trace)).toEqual(["ada@x", "nobody@x", "bob@x"]);
    }));

  it("can leave a call without an answer, until it is given up", () =>
    onMachine(async (runtime) => {
      const fake = new FakeService({ parameters: { process: 0 } }).on("process", answers.never());
      const env = runtime.environment("pipeline");
      env.registerService("silent", fake.source, { timeoutMs: 100 });
      const job = await env.submit();

      const error = await rejectionOf(() => runtime.callService("silent"));
      await job.stop();

      expect(hasCode(error, "SERVICE_TIMEOUT")).toBe(true);
      expect(fake.calls[0]?.context?.signal.aborted).toBe(true);
    }));
});

type Runtime = Awaited<ReturnType<typeof createRuntime>>;

/** Runs a scenario on a runtime of fakes, in virtual time. */
function onMachine(scenario: (runtime: Runtime) => Promise<void>): Promise<void> {
  const machine: VirtualMachine = simulatedMachine(1);
  return machine.run(async () => {
    const register: Adapter["register"] = (container) => {
      registerFakes(container, machine.host);
      container.register(tokens.taskFactory, { useFactory: () => new PlainTaskFactory() });
      container.register(tokens.queueDriver, { useFactory: () => new FakeQueueDriver() });
    };
    const runtime = await createRuntime({ adapters: [{ name: "fakes", register }] });
    await scenario(runtime);
    await runtime.close();
    expect(machine.host.clock.pending).toBe(0);
  });
}
