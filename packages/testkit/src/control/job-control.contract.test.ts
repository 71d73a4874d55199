import { JobClient, JobServer } from "@sage-kernel/core";
import { describe } from "vitest";
import type { Request } from "../disruption/fake-link.ts";
import { describeContract } from "../vitest.ts";
import { FakeJobChannel } from "./fake-job-channel.ts";
import { FakeJobHub } from "./fake-job-hub.ts";
import { jobControlContract } from "./job-control-contract.ts";
import {
  jobControlBinding,
  localControlBinding,
  type MakeControl,
  overChannel,
  overChannelBinding,
} from "./job-control-subject.ts";

/** A hub whose connections break at every so many requests: before they arrive, or before their answers do. */
class BreakingHub extends FakeJobHub {
  readonly #broken = new Set<number>();

  protected override send(request: Request): void {
    super.send(request);
    const { id } = request;
    if (!this.connected || id % 5 < 2 || this.#broken.has(id)) return;
    this.#broken.add(id);
    const breakAfter = (turns: number): void => {
      if (turns > 0) queueMicrotask(() => breakAfter(turns - 1));
      else {
        this.cut();
        queueMicrotask(() => this.heal());
      }
    };
    breakAfter((id % 5) - 2);
  }
}

/** Managers that are killed one after the other, each time a client has sent so many commands. */
const overDyingManagers: MakeControl = async (local, { host }) => {
  let managers = 0;
  let commands = 0;
  class DeadlyHub extends FakeJobHub {
    override async post(...given: Parameters<FakeJobHub["post"]>): Promise<boolean> {
      const sent = await super.post(...given);
      if (given[0].name.startsWith("client") && commands++ % 3 === 2) this.killPeer(`host ${managers - 2}`);
      return sent;
    }
  }
  const hub = new DeadlyHub();
  let standby: Promise<JobServer> | undefined;
  const next = async (): Promise<void> => {
    const channel = new FakeJobChannel(hub, `host ${managers++}`);
    standby = JobServer.open({ channel, control: local, host });
    const server = await standby.catch(() => undefined);
    if (server !== undefined) void next();
  };
  await next();
  const client = await JobClient.connect({ channel: new FakeJobChannel(hub, "client"), host });
  return { control: client, close: () => client.close() };
};

const bindings = {
  "in the process of the jobs": localControlBinding,
  "over a channel": overChannelBinding,
  "over a channel that breaks again and again": jobControlBinding((...given) =>
    overChannel(new BreakingHub())(...given),
  ),
  "with managers that are killed one after the other": jobControlBinding(overDyingManagers),
};

for (const [title, binding] of Object.entries(bindings)) {
  describe(title, () => {
    describeContract(jobControlContract, { ...binding, turns: 20_000 });
  });
}
