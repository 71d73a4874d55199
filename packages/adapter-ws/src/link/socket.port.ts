/** A connection as the protocol sees it: whole messages of bytes, and an end. */
export interface Socket {
  /** Bytes that were handed over and have not left the process. */
  readonly bufferedAmount: number;
  /** Hands over a message; nothing happens when the connection has ended. `onSent` is called when it has left. */
  send(message: Uint8Array, onSent: () => void): void;
  /** Ends it in its way, and at once where the other end does not answer. Cuts a long reason; never throws. */
  close(code: number, reason: string): void;
  /** Ends it at once; `onClose` may be called before this returns. */
  terminate(): void;
}

/** What comes from a connection. */
export interface SocketEvents {
  /** A message; `undefined` for one that is no bytes. */
  onMessage(message: Uint8Array | undefined): void;
  /** It has ended, or has never begun; called once. */
  onClose(code: number, reason: string): void;
}

/**
 * Begins a connection; `onOpen` is called when it stands, and nothing before it has returned. Throws where none can be begun with
 * what it was given, however often that is tried.
 */
export type Dial = (events: SocketEvents & { onOpen(): void }) => Socket;
