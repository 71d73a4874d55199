import type { Clock } from "@sage-kernel/core/spi";
import { frameTypes } from "../wire/frame-type.ts";
import type { Frame } from "../wire/message.ts";
import { WireFault } from "../wire/wire-fault.ts";
import { Rate } from "./rate.ts";

/** How much may come over a connection in a second, and twice at once. */
export interface RateLimits {
  /** Messages of a principal that takes no part in the work; of anybody, those that ask for a sign of life. */
  readonly maxMessagesPerSecond: number;
  /** Frames of a principal that takes no part in the work, of whatever kind. */
  readonly maxFramesPerSecond: number;
}

/** Counts what comes over a connection. */
export class ConnectionRate {
  readonly #pings: Rate;
  readonly #messages: Rate | undefined;
  readonly #frames: Rate | undefined;

  /** `works`: its principal takes part in the work. */
  constructor(
    clock: Pick<Clock, "monotonic">,
    { maxMessagesPerSecond, maxFramesPerSecond }: RateLimits,
    works: boolean,
  ) {
    this.#pings = new Rate(clock, maxMessagesPerSecond);
    if (works) return;
    this.#messages = new Rate(clock, maxMessagesPerSecond);
    this.#frames = new Rate(clock, maxFramesPerSecond);
  }

  /** A message comes. @throws WireFault `limit`. */
  onMessage(): void {
    if (this.#messages?.take() === false) throw new WireFault("limit", "too many messages");
  }

  /** These frames were in it. @throws WireFault `limit`. */
  onFrames(frames: readonly Frame[]): void {
    let pings = 0;
    for (let i = 0; i < frames.length; i++) if ((frames[i] as Frame).type === frameTypes.ping) pings++;
    if (pings > 0 && !this.#pings.take(pings))
      throw new WireFault("limit", "a sign of life is asked for too often");
    if (this.#frames?.take(frames.length) === false) throw new WireFault("limit", "too many frames");
  }
}
