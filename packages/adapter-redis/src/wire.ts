import type { ScriptArgument } from "./redis-port.ts";

/** What an answer may be. */
export type Answer =
  | { readonly kind: "reply"; readonly reply: unknown }
  /** The server has refused it, and says why. Nothing was done. */
  | { readonly kind: "refused"; readonly message: string }
  /** The connection was lost: it may have been done. */
  | { readonly kind: "lost" };

/** Refusals that are gone after a while: the server starts, fails over, or is busy with a script. */
export const passing = /^(LOADING|READONLY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|BUSY|NOREPLICAS|UNBLOCKED)\b/;

/** One connection to a server, which comes back by itself when it is lost. The technology is behind it. */
export interface Wire {
  /** Whether commands can be sent now. */
  readonly ready: boolean;
  /** Sends a command. Never rejects. */
  send(command: string, args: readonly ScriptArgument[]): Promise<Answer>;
  /** Called each time that commands can be sent again. */
  onReady: (() => void) | undefined;
  /** Called each time that the connection is lost. */
  onLost: (() => void) | undefined;
  /** Drops a connection that does not answer any more, for a new one. */
  reset(): void;
  /** Ends it for good. */
  close(): Promise<void>;
}
