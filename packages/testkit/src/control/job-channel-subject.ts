import type { JobChannel, MaybePromise } from "@sage-kernel/core/spi";
import type { ContractBinding } from "../contract/contract.ts";
import type { Disruption } from "../disruption/disruption.ts";
import { FakeJobChannel } from "./fake-job-channel.ts";
import { FakeJobHub } from "./fake-job-hub.ts";

/**
 * What the contract of job channels needs. Its capabilities are `takeover` (processes can take the manager's seat from
 * each other), `notes` (holders of a name hand something down), `offline` (what is sent to a name that nobody holds is kept for its next holder), and those of its
 * disruptions: `cut`, `restart` and `killPeer`.
 */
export interface JobChannelSubject {
  /**
   * The channel of a process, the same or another one for the same process. `host` is the one in which the manager sits,
   * where that makes a difference.
   */
  open(peer: string): MaybePromise<JobChannel>;
  /** Messages that a name holds unsettled before senders wait. */
  readonly capacity: number;
  /** What a test can do to the way between the processes. */
  readonly disrupt: Omit<Disruption, "killPeer"> & {
    /** Ends a process without a word, so that what it held is free once that is found out. */
    readonly killPeer?: (peer: string) => MaybePromise<void>;
  };
}

/** Parts of a pretended channel that a binding may replace. */
export interface JobHubParts {
  readonly Hub?: typeof FakeJobHub;
  readonly Channel?: typeof FakeJobChannel;
}

/** Binds a pretended hub to the contract. */
export function jobHubBinding({
  Hub = FakeJobHub,
  Channel = FakeJobChannel,
}: JobHubParts): ContractBinding<JobChannelSubject> {
  return {
    capabilities: ["takeover", "notes", "offline", "cut", "restart", "killPeer"],
    open() {
      const hub = new Hub({ capacity: 4 });
      return {
        open: (peer) => new Channel(hub, peer),
        capacity: hub.capacity,
        disrupt: {
          cut: () => hub.cut(),
          heal: () => hub.heal(),
          restartServer: () => hub.restartServer(),
          killPeer: (peer) => hub.killPeer(peer),
        },
      };
    },
  };
}

/** A pretended hub in front of the contract: the reference that the mutants change. */
export const fakeJobHubBinding: ContractBinding<JobChannelSubject> = jobHubBinding({});
