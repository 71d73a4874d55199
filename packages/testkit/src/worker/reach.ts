import type { JobSeat, JoinOptions } from "@sage-kernel/core/spi";
import { FakeJobChannel } from "../control/fake-job-channel.ts";
import type { FakeJobHub } from "../control/fake-job-hub.ts";

/** Whether a process can reach the others. */
export class Reach {
  /** Whether it may close queues: those of a job are its manager's to close, as a server knows by their owner. */
  readonly closes: boolean;
  /** Whether it is cut off. */
  cut = false;
  readonly #onCut = new Set<() => void>();
  #back: Promise<void> = Promise.resolve();
  #comeBack: () => void = () => undefined;

  constructor(closes: boolean) {
    this.closes = closes;
  }

  /** Calls back each time that it is cut off. */
  onCut(listener: () => void): void {
    this.#onCut.add(listener);
  }

  /** Settles when it is not cut off. */
  get back(): Promise<void> {
    return this.#back;
  }

  /** Cuts it off. */
  kill(): void {
    this.#back = new Promise((resolve) => {
      this.#comeBack = resolve;
    });
    this.cut = true;
    for (const listener of this.#onCut) listener();
  }

  /** Lets it come back. */
  revive(): void {
    this.cut = false;
    this.#comeBack();
  }
}

/** The channel of a process that may be cut off: then it takes no name. */
export class ReachingChannel extends FakeJobChannel {
  readonly #reach: Reach;

  constructor(hub: FakeJobHub, peer: string, reach: Reach) {
    super(hub, peer);
    this.#reach = reach;
  }

  override async join(name: string, options?: JoinOptions): Promise<JobSeat> {
    await this.#reach.back;
    return super.join(name, options);
  }
}
