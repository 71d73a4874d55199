import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";
import { startServer, type WsCallCases, wsCallCases } from "./ws-call-cases.ts";

/** Raw ws: a message of JSON for each call, and one for each answer. */
export const { one, many }: WsCallCases = wsCallCases(async () => {
  const [url, child] = await startServer(import.meta.url);
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, "open");
  const waiting = new Map<number, (answer: number) => void>();
  let calls = 0;
  socket.on("message", (data) => {
    const [id, answer] = JSON.parse(data.toString()) as [number, number];
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  return {
    child,
    call: (n) =>
      new Promise((resolve) => {
        waiting.set(++calls, resolve);
        socket.send(JSON.stringify([calls, n]));
      }),
    close: async () => socket.terminate(),
  };
});

/** The other process. */
export async function serve(): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.on("message", (data) => {
      const [id, n] = JSON.parse(data.toString()) as [number, number];
      socket.send(JSON.stringify([id, n + 1]));
    });
  });
  return `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
}
