import { createServer } from "node:http";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { hopCase, type Send } from "./hop-case.ts";
import { batchSize, recordsFrom, type WireRecord } from "./records.ts";

/** socket.io: an event for each record, over WebSocket from the beginning. */
export const hop = hopCase(import.meta.url, async () => {
  const http = createServer();
  const server = new Server(http, { transports: ["websocket"] });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  let onRecord: (record: WireRecord) => void = () => undefined;
  server.on("connection", (socket) => socket.on("r", (record: WireRecord) => onRecord(record)));
  return {
    address: `http://127.0.0.1:${(http.address() as { port: number }).port}`,
    receive: (count, take) =>
      new Promise((resolve) => {
        let taken = 0;
        onRecord = (record) => {
          take(record);
          if (++taken === count) resolve();
        };
      }),
    close: async () => void (await server.close()),
  };
});

/** The other process: emits, and lets the event loop send. */
export async function open(url: string): Promise<Send> {
  const socket = io(url, { transports: ["websocket"] });
  await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
  return async (count) => {
    for (let from = 0; from < count; from += batchSize) {
      for (const record of recordsFrom(from, Math.min(count, from + batchSize))) socket.emit("r", record);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
}
