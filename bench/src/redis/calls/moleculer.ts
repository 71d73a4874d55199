import { type Context, ServiceBroker } from "moleculer";
import { type RedisCallCases, redisCallCases } from "./redis-call-cases.ts";

// Its transporter leaves a command behind when it stops, which its client then rejects to nobody.
process.on("unhandledRejection", (error) => {
  if ((error as Error).message !== "Connection is closed.") throw error;
});

/** Moleculer: two nodes with its Redis transporter, in one process. */
export const { one, many }: RedisCallCases = redisCallCases(async (path, method) => {
  const node = (nodeID: string): ServiceBroker =>
    new ServiceBroker({ nodeID, logger: false, transporter: { type: "Redis", options: { path } } as never });
  const [server, client] = [node("server"), node("client")];
  server.createService({
    name: "math",
    actions: { process: (context: Context<{ n: number }>) => method(context.params.n) },
  });
  await Promise.all([server.start(), client.start()]);
  await client.waitForServices("math");
  return {
    call: (n) => client.call<number, { n: number }>("math.process", { n }),
    close: async () => void (await Promise.all([client.stop(), server.stop()])),
  };
});
