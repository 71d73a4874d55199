import { dialWith, type Token } from "../client/token.ts";
import type { Dial, Socket } from "../link/socket.port.ts";
import { closeReason } from "../wire/close-reason.ts";
import { subprotocol } from "../wire/message.ts";

/** The part of a browser's `WebSocket` that is used. */
interface StandardSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  send(message: Uint8Array): void;
  close(code?: number, reason?: string): void;
}

type StandardSocketClass = new (url: string, protocols: readonly string[]) => StandardSocket;

const isOpen = 1;
/** Code of a connection that has ended without a word. */
const abnormal = 1006;
/** How long the other end may take to agree to the end of a connection, in ms. */
const closeTimeoutMs = 2000;
/** How often is looked whether what was sent has left, in ms: a browser does not say so. */
const lookMs = 20;
const lowWater = 256 * 1024;

/** Dials with the standard `WebSocket`, which sends no headers: a token goes as a subprotocol. */
export function browserDial(url: string, token: Token | undefined): Dial {
  const { WebSocket } = globalThis as unknown as { readonly WebSocket: StandardSocketClass };
  const open = ({ onOpen, onMessage, onClose }: Parameters<Dial>[0], bearer: string | undefined): Socket => {
    const protocols = [subprotocol, ...(bearer === undefined ? [] : [`sage.bearer.${base64url(bearer)}`])];
    const socket = new WebSocket(url, protocols);
    socket.binaryType = "arraybuffer";
    let over = false;
    const ended = (code: number, reason: string): void => {
      if (over) return;
      over = true;
      onClose(code, reason);
    };
    socket.onopen = () => {
      if (!over) onOpen();
    };
    socket.onmessage = ({ data }) => {
      if (!over) onMessage(data instanceof ArrayBuffer ? new Uint8Array(data) : undefined);
    };
    socket.onclose = ({ code, reason }) => ended(code, reason);
    // Over a network that is gone a browser says that a connection has ended when it likes.
    const terminate = (): void => {
      socket.close();
      ended(abnormal, "");
    };
    const whenSent = (onSent: () => void): void => {
      if (socket.readyState !== isOpen) return;
      if (socket.bufferedAmount <= lowWater) onSent();
      else setTimeout(() => whenSent(onSent), lookMs);
    };
    return {
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      send: (message, onSent) => {
        if (socket.readyState !== isOpen) return;
        socket.send(message);
        setTimeout(() => whenSent(onSent), 0);
      },
      // A page may close with 1000 and codes of its own only.
      close: (code, reason) => {
        try {
          socket.close(code === 1000 || (code >= 3000 && code < 5000) ? code : 1000, closeReason(reason));
        } catch {
          socket.close();
        }
        if (!over) setTimeout(terminate, closeTimeoutMs);
      },
      terminate,
    };
  };
  return (events) => dialWith(token, events, (bearer) => open(events, bearer));
}

function base64url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
