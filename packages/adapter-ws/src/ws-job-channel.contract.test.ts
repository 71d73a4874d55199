import type { JobChannel } from "@sage-kernel/core/spi";
import { type JobChannelSubject, jobChannelContract } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { describe } from "vitest";
import { WsLab } from "../test-support/ws-lab.ts";
import type { HubClient } from "./client/hub-client.ts";
import { WsJobChannel } from "./client/ws-job-channel.ts";

/** Processes at a hub of their own; `local` is in the hub's. */
function binding(local?: string) {
  const labs = new Map<JobChannelSubject, WsLab>();
  return {
    capabilities: ["takeover", "notes", "offline", "cut", "killPeer"],
    ...(local !== undefined && {
      deviations: { "JC-16": "who is in the hub's process has no connection to lose" },
    }),
    lacks: { restart: "a hub that is restarted has lost what it had, and says so" },
    async open(): Promise<JobChannelSubject> {
      const capacity = 4;
      const lab = await WsLab.start({ mailboxCapacity: capacity, leaseMs: 400 });
      const peers = new Map<string, { readonly channel: JobChannel; readonly client?: HubClient }>();
      const subject: JobChannelSubject = {
        open: (peer) => {
          const known = peers.get(peer);
          if (known !== undefined) return known.channel;
          const client = peer === local ? undefined : lab.client();
          const channel =
            client === undefined ? lab.hub.channel() : new WsJobChannel(client, () => client.close());
          peers.set(peer, { channel, ...(client && { client }) });
          return channel;
        },
        capacity,
        disrupt: {
          cut: async () => {
            lab.proxy.cut();
            const connected = (): boolean => [...peers.values()].some(({ client }) => client?.connected);
            while (connected()) await new Promise((resolve) => setImmediate(resolve));
          },
          heal: () => lab.proxy.heal(),
          killPeer: (peer) => peers.get(peer)?.client?.abandon(),
        },
      };
      labs.set(subject, lab);
      return subject;
    },
    close: async (subject: JobChannelSubject) => {
      await labs.get(subject)?.stop();
    },
  };
}

describe("all of them clients of a hub", () => describeContract(jobChannelContract, binding()));
describe("the manager in the hub's process", () => describeContract(jobChannelContract, binding("host")));
