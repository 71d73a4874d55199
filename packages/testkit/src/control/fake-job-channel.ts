import { SageError } from "@sage-kernel/core";
import type { JobChannel, JobSeat, JoinOptions, SeatAddress } from "@sage-kernel/core/spi";
import type { FakeJobHub } from "./fake-job-hub.ts";
import { abortable, FakeJobSeat } from "./fake-job-seat.ts";
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
    const giveUp = new AbortController();
    const onAbort = (): void => giveUp.abort(signal?.reason);
    const onClose = (): void => giveUp.abort(closed.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    closed.addEventListener("abort", onClose, { once: true });
    const lost = new AbortController();
    const asked = this.hub.ask(
      () => this.hub.join(name, this.peer, options, (error) => lost.abort(error), giveUp.signal),
      undefined,
      this.peer,
    ) as Promise<Holder>;
    try {
      const { epoch } = await abortable(asked, giveUp.signal);
      const seat = this.seat({ name, epoch }, lost);
      this.seats.add(seat);
      return seat;
    } catch (error) {
      // Given up too late: nobody is to hold the name.
      asked.then(({ epoch }) => this.hub.leave({ name, epoch }), nothing);
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

const nothing = (): void => undefined;
