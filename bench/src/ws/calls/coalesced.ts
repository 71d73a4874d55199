import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";
import { startServer, type WsCallCases, wsCallCases } from "./ws-call-cases.ts";

type Call = readonly [id: number, n: number];

/** Sends what comes in one turn of the event loop as one message. */
function lineTo(socket: WebSocket): (call: Call) => void {
  let line: Call[] = [];
  return (call) => {
    if (line.push(call) > 1) return;
    setImmediate(() => {
      socket.send(JSON.stringify(line));
      line = [];
    });
  };
}

/** Raw ws: the calls of one turn are one message of JSON, and so are the answers to it. */
export const { one, many }: WsCallCases = wsCallCases(async () => {
  const [url, child] = await startServer(import.meta.url);
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, "open");
  const waiting = new Map<number, (answer: number) => void>();
  const send = lineTo(socket);
  let calls = 0;
  socket.on("message", (data) => {
    for (const [id, answer] of JSON.parse(data.toString()) as Call[]) {
      waiting.get(id)?.(answer);
      waiting.delete(id);
    }
  });
  return {
    child,
    call: (n) =>
      new Promise((resolve) => {
        waiting.set(++calls, resolve);
        send([calls, n]);
      }),
    close: async () => socket.terminate(),
  };
});

/** The other process. */
export async function serve(): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  await once(server, "listening");
  server.on("connection", (socket) => {
    const send = lineTo(socket);
    socket.on("message", (data) => {
      for (const [id, n] of JSON.parse(data.toString()) as Call[]) send([id, n + 1]);
    });
  });
  return `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
}
