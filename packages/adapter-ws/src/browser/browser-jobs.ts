import { JobClient, type JobClientOptions } from "@sage-kernel/core";
import { type Clock, sleepOn } from "@sage-kernel/core/spi";
import { checkWay } from "../client/clear-text.ts";
import { HubClient } from "../client/hub-client.ts";
import type { Token } from "../client/token.ts";
import { WsJobChannel } from "../client/ws-job-channel.ts";
import { browserDial } from "./browser-socket.ts";

/** How a page reaches a hub. */
export interface BrowserJobsOptions {
  /** `ws://` or `wss://` of the hub, which has the page's origin among its `origins`. */
  readonly url: string;
  /** Bearer token, or what answers the present one for each connection. */
  readonly token?: Token;
  /** Lets the token go over `ws:` to another machine, where something else encrypts. Default: `false`. */
  readonly allowInsecure?: boolean;
  /** Takes what is worth to be told. Default: nobody. */
  readonly onLog?: (level: string, message: string) => void;
  /** How long the hub may be away before what waits for it fails, in ms. Default 60,000. */
  readonly outageTimeoutMs?: number;
}

const clock: Clock = {
  monotonic: () => performance.now(),
  now: () => Date.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, 2 ** 31 - 1));
    return { clear: () => clearTimeout(timer) };
  },
  sleep: (delayMs, signal) => sleepOn(clock, delayMs, signal),
};

/**
 * Jobs of a manager at a hub, for a page: needs nothing but the standard `WebSocket`.
 *
 * @throws SageError `INVALID_OPTION`, `HUB_REFUSED`, `HUB_UNAVAILABLE`.
 */
export async function connectJobs(
  options: BrowserJobsOptions,
): Promise<{ readonly jobs: JobClient; close(): Promise<void> }> {
  const { url, token, onLog = () => undefined, outageTimeoutMs = 60_000 } = options;
  checkWay(options);
  const microtask = Promise.resolve();
  const hub = new HubClient({
    ...{ hub: url, clock, dial: browserDial(url, token), random: Math.random },
    defer: (run) => void microtask.then(run),
    ...{ heartbeatMs: 8000, handshakeTimeoutMs: 10_000, maxPauseMs: 30_000, outageTimeoutMs },
    maxBodyBytes: 16 * 1024 * 1024,
  });
  const channel = new WsJobChannel(hub, () => hub.close());
  const line = (level: string) => (message: string | (() => string)) =>
    onLog(level, typeof message === "function" ? message() : message);
  const logger = Object.fromEntries(
    ["trace", "debug", "info", "warn", "error"].map((level) => [level, line(level)]),
  );
  const host = {
    clock,
    ids: { next: (prefix: string) => `${prefix}-${crypto.randomUUID().slice(0, 18)}` },
    logger: { ...logger, child: () => host.logger },
  } as unknown as JobClientOptions["host"];
  try {
    const jobs = await JobClient.connect({ channel, host });
    return {
      jobs,
      async close() {
        await jobs.close();
        await channel.close();
      },
    };
  } catch (error) {
    await channel.close();
    throw error;
  }
}
