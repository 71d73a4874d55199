/** Sets the behaviour tests up to run over a hub, in virtual time: each file has a hub in a process of its own, and real sockets to it. */
import { afterAll, beforeAll, beforeEach } from "vitest";
import { HubProcess } from "./hub-process.ts";
import { LabClients, quietBetween } from "./lab-clients.ts";
import { notOverWebSockets } from "./not-over-web-sockets.ts";

let hub: HubProcess;
const clients = new LabClients(() => hub.url);
const quiet = (): Promise<void> => quietBetween(clients, async () => (await hub.standing()).frames);

/** @throws Error where something is left at the hub. */
async function check(): Promise<void> {
  const { queues, jobs } = (await hub.standing()).kept;
  if (queues.length + jobs.length > 0) throw new Error(`the hub keeps ${[...queues, ...jobs].join(", ")}`);
}

beforeAll(async () => {
  hub = await HubProcess.start();
  Object.assign(globalThis, { sageOutsideWorld: { adapter: clients.adapter(), quiet, check } });
});

beforeEach(({ task, skip }) => {
  const found = notOverWebSockets.find(([title]) => task.name.endsWith(title));
  if (found !== undefined) skip(found[1]);
});

afterAll(async () => {
  await clients.close();
  await hub.stop();
});
