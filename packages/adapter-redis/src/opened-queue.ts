import type { Queue, QueueDescriptor } from "@sage-kernel/core/spi";
import type { QueueKeys } from "./queue-keys.ts";
import type { RedisPort } from "./redis-port.ts";
import type { StreamReader } from "./stream-reader.ts";

/** What every queue works with. */
export interface QueueScope {
  readonly descriptor: QueueDescriptor;
  readonly keys: QueueKeys;
  readonly redis: RedisPort;
  /** Tells of room. */
  readonly reader: StreamReader;
  /** Name of its producer; unlike that of any other. */
  readonly producer: string;
  /** Told when this process has to do with it no longer. */
  readonly onLeft: (queue: OpenedQueue) => void;
  /** Who has its job: the key that tells, and the job's store in this process. */
  readonly owner: { readonly key: string; readonly store: () => string };
}

/** A queue that was opened in this process. */
export interface OpenedQueue extends Queue {
  readonly keys: QueueKeys;
  /** Whether it was closed by this process, which then removes it. */
  readonly closed: boolean;
  /** Whether that has begun. */
  readonly closing: boolean;
  /** Opens it at the server; `again` behind a loss, where one that was closed meanwhile stays closed. */
  open(again?: boolean): Promise<void>;
  /** Keeps it at the server for another while; left out by those that stay there anyhow. */
  keepAlive?(): Promise<void>;
  /** The server may have lost something of it; left out by those that tell nobody. */
  lost?(): void;
  /** Reads no more. */
  leave(): void;
}
