import type { RemoteQueue } from "./remote-queue.ts";

/** What queues and stores of one process know of each other. */
export class WsProcess {
  /** Which store of this process a job has: its queues are closed with that. */
  readonly passes = new Map<string, string>();
  /** Queues at the hub that are open here, by their ids. */
  readonly queues = new Map<string, RemoteQueue>();
}
