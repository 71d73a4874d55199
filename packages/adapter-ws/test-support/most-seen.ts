import type { WsHub } from "../src/node/ws-hub.ts";

/** The most bytes that were ever seen on their way. */
export class MostSeen {
  /** Sent, and not known to have arrived. */
  kept = 0;
  /** Handed to sockets that have not sent them. */
  buffered = 0;

  /** Looks at what one end of a session has: a hub's, or a client's endpoint. */
  note(end: { readonly backlog: number; readonly buffered: number } | WsHub["backlog"]): void {
    this.kept = Math.max(this.kept, "kept" in end ? end.kept : end.backlog);
    this.buffered = Math.max(this.buffered, end.buffered);
  }
}
