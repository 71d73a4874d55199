import { createLocalRuntime } from "@sage-kernel/adapter-local";
import { JobClient, type JobControl, JobServer, LocalJobControl } from "@sage-kernel/core";
import { type JobSeat, managerSeat } from "@sage-kernel/core/spi";
import { contractJobs, createFakes, FakeJobChannel, FakeJobHub, settle } from "@sage-kernel/testkit";
import { afterEach } from "vitest";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Has something closed when the test has ended. */
export function closed<T extends { close(): Promise<unknown> }>(opened: T): T {
  closing.push(() => opened.close());
  return opened;
}

/** Control of jobs on the local adapter. */
export async function localControl(): Promise<LocalJobControl> {
  return new LocalJobControl(closed(await createLocalRuntime({ log: { level: "silent" } })), contractJobs);
}

/** How jobs are served in a test. */
export interface Served {
  readonly control?: JobControl;
  readonly maxCommands?: number;
  readonly hub?: FakeJobHub;
}

/** A manager on a fake clock, and a seat from which anything can be sent to it. */
export async function served(options: Served = {}) {
  const { control = await localControl(), hub = new FakeJobHub(), ...limits } = options;
  const host = createFakes();
  const open = async (peer = "host", takeover?: "fence"): Promise<JobServer> => {
    const channel = new FakeJobChannel(hub, peer);
    const server = await JobServer.open({ channel, control, host, takeover, ...limits });
    closing.push(async () => {
      const end = server.close();
      await settle();
      host.clock.advance(10_000); // what is under way does not hold it up for longer
      await end;
    });
    return server;
  };
  const server = await open();
  const seat = await new FakeJobChannel(hub, "anybody").join("anybody");
  const client = async (timeoutMs?: number): Promise<JobClient> =>
    closed(await JobClient.connect({ channel: new FakeJobChannel(hub, "client"), host, timeoutMs }));
  return { hub, host, server, open, seat, client };
}

/** Sends something to the manager; the body of the answer. */
export async function answerTo(seat: JobSeat, body: unknown): Promise<unknown> {
  await seat.send({ name: managerSeat }, body as never);
  const [message] = await seat.take(1);
  await seat.settle([message as never]);
  return message?.body;
}

/** A control whose operations do nothing until they are told to. */
export function heldControl() {
  const held: ((result: unknown) => void)[] = [];
  const hold = (): Promise<unknown> => new Promise((resolve) => held.push(resolve));
  const control = { status: hold, wait: hold, submit: hold } as unknown as JobControl;
  return { control, held };
}

/** A control of which one operation is given. */
export const controlOf = (
  operations: { readonly [Op in keyof JobControl]?: (...args: readonly unknown[]) => unknown },
): JobControl => operations as unknown as JobControl;
