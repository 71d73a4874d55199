import type { Queue } from "@sage-kernel/core/spi";
import type { QueueKeys } from "./queue-keys.ts";

/** A queue that was opened in this process. */
export interface OpenedQueue extends Queue {
  readonly keys: QueueKeys;
  /** Whether it was closed by this process, which then removes it. */
  readonly closed: boolean;
  /** Whether that has begun. */
  readonly closing: boolean;
  /** Opens it at the server, the first time or again behind a loss. */
  open(): Promise<void>;
  /** Keeps it at the server for another while; left out by those that stay there anyhow. */
  keepAlive?(): Promise<void>;
  /** Reads no more. */
  leave(): void;
}
