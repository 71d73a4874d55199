import type { JsonValue, SageError } from "@sage-kernel/core";
import type { RequestOptions } from "./session.ts";

/** What seats need of a way to a hub. */
export type SeatPort = Pick<RequestPort, "connected" | "request">;

/** A way to ask a hub for something: over connections, or in its own process. */
export interface RequestPort {
  /** Whether it can be asked now. */
  readonly connected: boolean;
  /** Asks for something. */
  request(operation: string, args: object, options?: RequestOptions): Promise<JsonValue>;
  /** Asks to commit a unit of work. */
  commit(unit: Uint8Array, onEvent: (event: JsonValue) => void): Promise<JsonValue>;
  /** Calls back each time that what is under way is lost. Answers how to stop listening. */
  onLost(listener: (error: SageError) => void): () => void;
}
