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
    socket.onopen = onOpen;
    socket.onmessage = ({ data }) =>
      onMessage(data instanceof ArrayBuffer ? new Uint8Array(data) : undefined);
    socket.onclose = ({ code, reason }) => onClose(code, reason);
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
      },
      terminate: () => socket.close(),
    };
  };
  return (events) => dialWith(token, events, (bearer) => open(events, bearer));
}

function base64url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
