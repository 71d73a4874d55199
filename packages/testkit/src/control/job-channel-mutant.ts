import type { SeatAddress } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeJobChannel } from "./fake-job-channel.ts";
import type { FakeJobSeat } from "./fake-job-seat.ts";
import { type JobChannelSubject, type JobHubParts, jobHubBinding } from "./job-channel-subject.ts";

/** A wrong job channel: the reference with other parts. */
export function jobChannelMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  parts: JobHubParts,
): Mutant<JobChannelSubject> {
  return { ...jobHubBinding(parts), id, title, breaks };
}

/** A channel with other seats. */
export function channelOf(Seat: typeof FakeJobSeat): typeof FakeJobChannel {
  return class extends FakeJobChannel {
    protected override seat(address: Required<SeatAddress>, lost: AbortController): FakeJobSeat {
      return new Seat(this.hub, this.peer, address, lost);
    }
  };
}
