import type { JsonValue, Principal } from "@sage-kernel/core";

/** Who asks a hub for something: a session, or its own process. */
export interface HubClientRef {
  /** Who that is; `undefined` where the hub does not tell one from another. */
  readonly principal: Principal | undefined;
  /** Calls back when it is gone. Answers how to stop listening. */
  onEnd(listener: () => void): () => void;
  /** Calls back when it has been without a connection for so long, in ms. Answers how to stop listening. */
  onSilence(ms: number, listener: () => void): () => void;
}

/** A request as the hub has it. */
export interface HubRequest {
  /** Fires when its client gives it up, or is gone. */
  readonly signal: AbortSignal;
  /** Tells the client what has come up for it. */
  readonly event: (value: JsonValue) => void;
}
