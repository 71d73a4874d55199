import type { Clock } from "@sage-kernel/core/spi";
import type { SeatKeys } from "./channel-keys.ts";
import type { RedisPort } from "./redis-port.ts";
import type { StreamReader } from "./stream-reader.ts";

/** What the seats of one process in a channel share. */
export interface ChannelProcess {
  readonly redis: RedisPort;
  readonly reader: StreamReader;
  readonly clock: Pick<Clock, "setTimer">;
  /** Messages that a name holds unsettled before senders wait. */
  readonly capacity: number;
  /** How long a holder is taken to be alive that is not heard of, in ms. */
  readonly leaseMs: number;
  /** The keys of a name. */
  keys(name: string): SeatKeys;
}

/** How long nobody asks who waits for news, at most, in ms. */
const longestQuietMs = 1000;

/** Waits for news of a name, behind somewhere in its words, or until it is stopped. */
export function newsOf(
  { reader, clock, leaseMs }: Pick<ChannelProcess, "reader" | "clock" | "leaseMs">,
  key: string,
  after: string,
): { readonly heard: Promise<void>; stop(): void } {
  let stop = (): void => undefined;
  const heard = new Promise<void>((resolve) => {
    stop = () => {
      stop = resolve;
      watcher.wants = false;
      timer.clear();
      reader.remove(watcher);
      resolve();
    };
    const onNews = (): void => stop();
    const watcher = { key, after, wants: true, onEntries: onNews, onHint: onNews, onError: () => undefined };
    const timer = clock.setTimer(Math.min(leaseMs / 4, longestQuietMs), onNews); // a word may be lost: then the server is asked again
    reader.add(watcher);
    reader.look(watcher);
  });
  return { heard, stop: () => stop() };
}

/** Waits until something is done, or until it makes no difference any more: names that were not renewed are free by then. */
export function inTime(
  { clock, leaseMs }: Pick<ChannelProcess, "clock" | "leaseMs">,
  done: Promise<unknown>,
): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(leaseMs, resolve);
    const over = (): void => {
      timer.clear();
      resolve();
    };
    done.then(over, over);
  });
}
