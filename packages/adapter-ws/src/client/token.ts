import type { Socket, SocketEvents } from "../link/socket.port.ts";

/** A bearer token, or a function that answers the present one: it is asked for each connection, so that tokens may expire. */
export type Token = string | (() => string);

/**
 * Dials with the present token; where that cannot be had, the attempt fails as if nobody had answered.
 *
 * @throws What `dial` throws.
 */
export function dialWith(
  token: Token | undefined,
  { onClose }: SocketEvents,
  dial: (bearer: string | undefined) => Socket,
): Socket {
  let bearer: string | undefined;
  try {
    bearer = typeof token === "function" ? token() : token;
  } catch (error) {
    const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
    const reason = `there is no token (${code ?? name})`; // its message may have some of one in it
    queueMicrotask(() => onClose(1006, reason));
    return { bufferedAmount: 0, send: () => undefined, close: () => undefined, terminate: () => undefined };
  }
  return dial(bearer);
}
