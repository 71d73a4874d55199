import type { JobChannel } from "@sage-kernel/core/spi";
import { jobChannelContract, systemClock } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { afterAll, afterEach, beforeAll } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import type { RedisClient } from "./redis-client.ts";
import { RedisJobChannel } from "./redis-job-channel.ts";

let lab: RedisLab;
const channels: JobChannel[] = [];

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterEach(async () => {
  lab.proxy.heal();
  await Promise.all(channels.splice(0).map((channel) => channel.close()));
  await lab.server.command("FLUSHALL");
});

afterAll(() => lab.stop());

describeContract(jobChannelContract, {
  capabilities: ["takeover", "notes", "offline", "cut", "restart", "killPeer"],
  open({ caseId }) {
    const peers = new Map<string, { readonly channel: JobChannel; readonly client: RedisClient }>();
    const capacity = 4;
    const open = (peer: string): JobChannel => {
      const client = lab.client();
      const settings = { prefix: "sage:", channel: caseId, capacity, leaseMs: 400 };
      const channel = new RedisJobChannel(client, systemClock, settings);
      peers.set(peer, { channel, client });
      channels.push(channel);
      return channel;
    };
    return {
      open: (peer) => peers.get(peer)?.channel ?? open(peer),
      capacity,
      disrupt: {
        cut: () => lab.proxy.cut(),
        heal: () => lab.proxy.heal(),
        restartServer: () => lab.server.restart(),
        killPeer: (peer) => peers.get(peer)?.client.close(),
      },
    };
  },
});
