import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";
import { hopCase, type Receiver, type Send } from "./hop-case.ts";
import { highWater, type WireRecord } from "./records.ts";

/** How records become messages by hand. */
export interface Format {
  /** The records of a message. */
  read(message: Buffer): readonly WireRecord[];
  /** The messages for the records from one number up to another. */
  write(from: number, to: number): Iterable<string | Uint8Array>;
  /** Records that are made at a time. */
  readonly atOnce: number;
}

/** Raw ws: no credit, no acknowledgement, nothing that survives a lost connection: a ceiling. */
export const rawHop = (module: string, { read }: Format) =>
  hopCase(module, async (): Promise<Receiver> => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
    await once(server, "listening");
    let onMessage: (message: Buffer) => void = () => undefined;
    server.on("connection", (socket) => socket.on("message", (data) => onMessage(data as Buffer)));
    return {
      address: `ws://127.0.0.1:${(server.address() as { port: number }).port}`,
      receive: (count, take) =>
        new Promise((resolve) => {
          let taken = 0;
          onMessage = (message) => {
            const records = read(message);
            for (const record of records) take(record);
            taken += records.length;
            if (taken >= count) resolve();
          };
        }),
      close: async () => {
        for (const client of server.clients) client.terminate();
        server.close();
      },
    };
  });

/** The other process: sends as fast as its socket takes it. */
export async function rawSender(url: string, { write, atOnce }: Format): Promise<Send> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, "open");
  return async (count) => {
    for (let from = 0; from < count; from += atOnce) {
      for (const message of write(from, Math.min(count, from + atOnce))) socket.send(message);
      if (socket.bufferedAmount <= highWater) continue;
      await new Promise<void>((resolve) => socket.send("", () => resolve())).catch(() => undefined);
    }
  };
}
