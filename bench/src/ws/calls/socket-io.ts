import { createServer } from "node:http";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { startServer, type WsCallCases, wsCallCases } from "./ws-call-cases.ts";

/** socket.io: an event for each call, which its acknowledgement answers. */
export const { one, many }: WsCallCases = wsCallCases(async () => {
  const [url, child] = await startServer(import.meta.url);
  const socket = io(url, { transports: ["websocket"] });
  await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
  return {
    child,
    call: (n) => socket.emitWithAck("next", n) as Promise<number>,
    close: async () => void socket.disconnect(),
  };
});

/** The other process. */
export async function serve(): Promise<string> {
  const http = createServer();
  const server = new Server(http, { transports: ["websocket"] });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  server.on("connection", (socket) => {
    socket.on("next", (n: number, answer: (next: number) => void) => answer(n + 1));
  });
  return `http://127.0.0.1:${(http.address() as { port: number }).port}`;
}
