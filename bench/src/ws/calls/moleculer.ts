import { type Context, ServiceBroker } from "moleculer";
import { startServer, type WsCallCases, wsCallCases } from "./ws-call-cases.ts";

const broker = (nodeID: string, port: number, urls: string[]): ServiceBroker =>
  new ServiceBroker({
    nodeID,
    logger: false,
    transporter: { type: "TCP", options: { udpDiscovery: false, port, urls, useHostname: false } } as never,
  });
const [serverPort, clientPort] = [39_431, 39_432];
const urls = [`127.0.0.1:${serverPort}/server`, `127.0.0.1:${clientPort}/client`];

/** Moleculer: two nodes with its TCP transporter. */
export const { one, many }: WsCallCases = wsCallCases(async () => {
  const [, child] = await startServer(import.meta.url);
  const client = broker("client", clientPort, urls);
  await client.start();
  await client.waitForServices("math");
  return {
    child,
    call: (n) => client.call<number, { n: number }>("math.process", { n }),
    close: () => client.stop(),
  };
});

/** The other process. */
export async function serve(): Promise<undefined> {
  const server = broker("server", serverPort, urls);
  server.createService({
    name: "math",
    actions: { process: (context: Context<{ n: number }>) => context.params.n + 1 },
  });
  await server.start();
  return undefined;
}
