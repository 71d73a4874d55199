import { type Context, ServiceBroker } from "moleculer";
import { type CallCases, callCases } from "./call-cases.ts";

/** Moleculer's local calls: no transporter, and nothing on that is off by default. */
export const { sync1, sync64, async1, async64 }: CallCases = callCases(async (method) => {
  const broker = new ServiceBroker({ logger: false, metrics: false, tracing: false });
  broker.createService({
    name: "math",
    actions: { process: (context: Context<number>) => method(context.params) },
  });
  await broker.start();
  return {
    call: (n) => broker.call<number, number>("math.process", n),
    close: () => broker.stop(),
  };
});
