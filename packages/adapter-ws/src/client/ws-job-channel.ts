import { hasCode, SageError } from "@sage-kernel/core";
import { checkSeatName, type JobChannel, type JobSeat, type JoinOptions } from "@sage-kernel/core/spi";
import type { SeatPort } from "./request-port.ts";
import { WsJobSeat } from "./ws-job-seat.ts";

/** The job channel of one process at a hub. */
export class WsJobChannel implements JobChannel {
  readonly #port: SeatPort;
  readonly #closePort: () => Promise<void>;
  readonly #seats = new Set<WsJobSeat>();
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;

  /** `closePort` is called when the channel is closed. */
  constructor(port: SeatPort, closePort: () => Promise<void>) {
    this.#port = port;
    this.#closePort = closePort;
  }

  async join(name: string, { takeover = "fence", signal }: JoinOptions = {}): Promise<JobSeat> {
    const closed = this.#closed.signal;
    closed.throwIfAborted();
    signal?.throwIfAborted();
    checkSeatName(name);
    const giveUp = signal === undefined ? closed : AbortSignal.any([closed, signal]);
    const held = new AbortController();
    const onGiveUp = (): void => held.abort(giveUp.reason);
    giveUp.addEventListener("abort", onGiveUp, { once: true });
    try {
      return await this.#hold(name, takeover === "fence", held);
    } finally {
      giveUp.removeEventListener("abort", onGiveUp);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed.abort(new SageError("CHANNEL_CLOSED", { operation: "join()" }));
    await Promise.all([...this.#seats].map((seat) => seat.leave()));
    await this.#closePort();
  }

  /** Asks for the name; the request goes on for as long as it is held, and giving it up gives the name back. */
  #hold(name: string, fence: boolean, held: AbortController): Promise<WsJobSeat> {
    return new Promise((resolve, reject) => {
      let seat: WsJobSeat | undefined;
      const over = this.#port.request(
        "seat.hold",
        { name, fence },
        {
          signal: held.signal,
          confirm: true,
          onEvent: (event) => {
            if (held.signal.aborted) return; // given up too late: it is given back
            const { epoch } = event as { readonly epoch: number };
            seat = new WsJobSeat(this.#port, { name, epoch }, async () => {
              held.abort();
              await over.catch(() => undefined);
            });
            this.#seats.add(seat);
            resolve(seat);
          },
        },
      );
      const ended = (error?: unknown): void => {
        if (seat !== undefined) this.#seats.delete(seat);
        seat?.lose(
          hasCode(error, "SEAT_LOST")
            ? String(error.details.why)
            : error instanceof Error
              ? error.message
              : String(error),
        );
        reject(held.signal.aborted ? held.signal.reason : error);
      };
      over.then(() => ended(), ended);
    });
  }
}
