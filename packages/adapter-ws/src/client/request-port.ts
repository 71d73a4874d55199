import type { JsonValue } from "@sage-kernel/core";
import type { RequestOptions } from "./session.ts";

/** A way to ask a hub for something: over connections, or in its own process. */
export interface RequestPort {
  /** Whether it can be asked now. */
  readonly connected: boolean;
  /** Asks for something. */
  request(operation: string, args: object, options?: RequestOptions): Promise<JsonValue>;
}
