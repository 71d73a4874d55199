import {
  JobClient,
  type JobControl,
  type JobRole,
  JobServer,
  LocalJobControl,
  type Runtime,
} from "@sage-kernel/core";
import { createRuntime, tokens } from "@sage-kernel/core/di";
import type { QueueDriver } from "@sage-kernel/core/spi";
import type { ContractBinding } from "../contract/contract.ts";
import { registerFakes } from "../fakes.ts";
import { type VirtualMachine, virtualMachine } from "../machine/virtual-machine.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { TurnScheduler } from "../scheduler/scheduler-subject.ts";
import { PlainTaskFactory } from "../task/task-factory-subject.ts";
import { contractJobs } from "./contract-jobs.ts";
import { FakeJobChannel } from "./fake-job-channel.ts";
import { FakeJobHub } from "./fake-job-hub.ts";

/** What the contract of job control needs. */
export interface JobControlSubject {
  /** Controls no jobs yet, and may submit those of `contractJobs`. */
  readonly control: JobControl;
  /** Runs a case to its end while time passes. */
  run<T>(main: () => Promise<T>): Promise<T>;
  /** The same jobs for somebody who may do only that; for the capability `principals`. */
  readonly as?: (roles: readonly JobRole[]) => Promise<JobControl>;
  /** Everything that was logged so far, at every level. */
  logged(): unknown;
  /** Releases everything. */
  close(): Promise<void>;
}

/** How a binding controls the jobs of a runtime. */
export type MakeControl = (local: JobControl, runtime: Runtime) => Promise<ControlEnd>;

/** The control that cases use, and its end. */
export interface ControlEnd {
  readonly control: JobControl;
  /** The same jobs for somebody who may do only that. */
  readonly as?: (roles: readonly JobRole[]) => Promise<JobControl>;
  readonly close?: () => Promise<void>;
}

/** A runtime of fake queues in virtual time. */
export async function fakeRuntime(machine: VirtualMachine): Promise<Runtime> {
  return createRuntime({
    strictPayloads: true,
    adapters: [
      {
        name: "fakes",
        register: (container) => {
          registerFakes(container, machine.host);
          container.register<QueueDriver>(tokens.queueDriver, { useFactory: () => new FakeQueueDriver() });
          container.register(tokens.taskFactory, { useValue: new PlainTaskFactory() });
        },
      },
    ],
  });
}

/** Binds a way of controlling jobs to the contract; the jobs run on fakes. */
export function jobControlBinding(
  make: MakeControl,
  Local: typeof LocalJobControl = LocalJobControl,
  capabilities: readonly string[] = [],
): ContractBinding<JobControlSubject> {
  return {
    capabilities,
    async open() {
      const machine = virtualMachine(new TurnScheduler());
      const runtime = await fakeRuntime(machine);
      const { control, as, close } = await make(new Local(runtime, contractJobs), runtime);
      return {
        control,
        ...(as && { as }),
        run: (main) => machine.run(main),
        logged: () => machine.host.logger.lines,
        close: () =>
          machine.run(async () => {
            await close?.();
            await runtime.close();
          }),
      };
    },
    close: (subject) => subject.close(),
  };
}

/** Control in the process of the jobs: the reference that the mutants change. */
export const localControlBinding: ContractBinding<JobControlSubject> = jobControlBinding(async (control) => ({
  control,
}));

/** Control over a channel, whose hub a test may disturb. */
export function overChannel(hub?: FakeJobHub): MakeControl {
  return async (local, { host }) => {
    const used = hub ?? new FakeJobHub();
    const server = await JobServer.open({ channel: new FakeJobChannel(used, "host"), control: local, host });
    const clients: JobClient[] = [];
    const client = async (peer: string): Promise<JobClient> => {
      const channel = new FakeJobChannel(used, peer);
      const connected = await JobClient.connect({ channel, host, name: peer });
      clients.push(connected);
      return connected;
    };
    return {
      control: await client("client"),
      as: (roles) => {
        const id = `client-${clients.length}`;
        used.principals.set(id, { id, roles });
        return client(id);
      },
      close: async () => {
        for (const one of clients) await one.close();
        await server.close();
      },
    };
  };
}

/** Control over a channel by clients of whom each may do something else. */
export const overChannelBinding = jobControlBinding(overChannel(), LocalJobControl, ["principals"]);
