import { SageError } from "@sage-kernel/core";
import {
  checkSeatName,
  type JobChannel,
  type JobSeat,
  type JoinOptions,
  type SeatAddress,
} from "@sage-kernel/core/spi";
import type { FakeJobHub } from "./fake-job-hub.ts";
import { FakeJobSeat } from "./fake-job-seat.ts";
import type { Holder } from "./fake-mailbox.ts";

/** The channel of one process to a pretended hub. */
export class FakeJobChannel implements JobChannel {
  protected readonly hub: FakeJobHub;
  protected readonly peer: string;
  protected readonly seats = new Set<FakeJobSeat>();
  readonly #closed = new AbortController();

  /** `peer` names the process. */
  constructor(hub: FakeJobHub, peer = "") {
    this.hub = hub;
    this.peer = peer;
  }

  async join(name: string, options: JoinOptions = {}): Promise<JobSeat> {
    const { signal } = options;
    const closed = this.#closed.signal;
    closed.throwIfAborted();
    signal?.throwIfAborted();
    checkSeatName(name);
    const giveUp = new AbortController();
    const onAbort = (): void => giveUp.abort(signal?.reason);
    const onClose = (): void => giveUp.abort(closed.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    closed.addEventListener("abort", onClose, { once: true });
    const lost = new AbortController();
    let holder: Holder | undefined;
    const joining = async (given: AbortSignal): Promise<void> => {
      holder = await this.hub.join(name, this.peer, options, (error) => lost.abort(error), given);
    };
    try {
      await this.hub.ask(joining, giveUp.signal, this.peer);
      const seat = this.seat({ name, epoch: (holder as unknown as Holder).epoch }, lost);
      this.seats.add(seat);
      return seat;
    } catch (error) {
      if (holder !== undefined) this.hub.leave({ name, epoch: (holder as Holder).epoch }); // given up too late
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      closed.removeEventListener("abort", onClose);
    }
  }

  /** Makes a seat. */
  protected seat(address: Required<SeatAddress>, lost: AbortController): FakeJobSeat {
    return new FakeJobSeat(this.hub, this.peer, address, lost);
  }

  async close(): Promise<void> {
    this.#closed.abort(new SageError("CHANNEL_CLOSED", { operation: "join()" }));
    await Promise.all([...this.seats].map((seat) => seat.leave()));
  }
}
