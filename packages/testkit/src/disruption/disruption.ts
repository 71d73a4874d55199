import type { MaybePromise, Queue } from "@sage-kernel/core/spi";

/** What can be done to the way between an implementation and its server; each resolves when it is done. */
export interface Disruption {
  /** Cuts all connections, also new ones: nothing gets through, and answers on their way are lost. */
  readonly cut?: () => MaybePromise<void>;
  /** Lets connections be made again. */
  readonly heal?: () => MaybePromise<void>;
  /** Kills the server, and starts it again on what it keeps. */
  readonly restartServer?: () => MaybePromise<void>;
  /** Kills the process that has the queues open; what is opened next is opened by another one. */
  readonly killPeer?: () => MaybePromise<void>;
}

/**
 * What the contract of queues behind a network needs. Its capabilities are `cut` (with `cut` and `heal`), `restart`
 * (the server keeps what it has acknowledged, with `restartServer`) and `killPeer`.
 */
export interface DisruptedQueueSubject {
  /** Opens a queue whose id carries the case's id, the run id and `name`; the same name leads to the same queue. */
  open(name: string, capacity: number): MaybePromise<Queue>;
  /** What a test can do to it. */
  readonly disrupt: Disruption;
  /** Closes everything. */
  close?(): MaybePromise<void>;
}
