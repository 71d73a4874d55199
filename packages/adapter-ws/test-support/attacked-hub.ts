import { BatchCodec, CallCodec } from "@sage-kernel/codec";
import type { Principal } from "@sage-kernel/core";
import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { afterEach, beforeEach, expect } from "vitest";
import { RemoteQueueDriver } from "../src/client/remote-queue-driver.ts";
import { clientSchema, type HubOptions } from "../src/node/hub-options.ts";
import { nodeClock } from "../src/node/node-host.ts";
import { openClient } from "../src/node/ws.ts";
import { type HubRefusal, WsHub } from "../src/node/ws-hub.ts";
import { decodeMessage } from "../src/wire/message.ts";
import type { CloseReason } from "../src/wire/wire-fault.ts";
import { type Outcome, RawClient, type RawOptions } from "./raw-client.ts";

const worker: Principal = { id: "a worker", roles: ["worker"] };
const other: Principal = { id: "another worker", roles: ["worker"] };
const client: Principal = { id: "a client", roles: ["submit", "observe"] };

export const [workerToken, clientToken, otherToken] = [
  "w".repeat(32),
  "c".repeat(32),
  "o".repeat(32),
] as const;

/** The hub that is attacked in a test; whoever attacks, a proper client is served behind it. */
export class AttackedHub {
  hub!: WsHub;
  refusals: HubRefusal[] = [];

  /** Has a hub for each test of this file, and looks behind each whether it serves. */
  constructor() {
    beforeEach(() => this.listen());
    afterEach(() => this.#check());
  }

  /** Listens with such limits, in place of the hub that there is. */
  async listen(options: HubOptions = {}): Promise<void> {
    await (this.hub as WsHub | undefined)?.close();
    this.refusals = [];
    const tokens = { [workerToken]: worker, [clientToken]: client, [otherToken]: other };
    const limits = { maxConnectionsPerPrincipal: 100, maxSessionsPerPrincipal: 100 };
    this.hub = await WsHub.listen(
      { tokens, ...limits, helloTimeoutMs: 300, headersTimeoutMs: 300, heartbeatMs: 100, ...options },
      { onRefused: (refusal) => this.refusals.push(refusal) },
    );
  }

  get port(): number {
    return Number(new URL(this.hub.url).port);
  }

  raw(options: RawOptions = { token: workerToken }): RawClient {
    return new RawClient(this.hub.url, options);
  }

  /** Fails unless that is how it ended, and it was counted. */
  async expectEnd(end: Promise<Outcome>, code: number, reason: HubRefusal["reason"]): Promise<void> {
    expect((await end).code).toBe(code);
    expect(this.refusals.map((refusal) => refusal.reason)).toContain(reason);
  }

  /** Waits until a connection was closed for this reason. */
  async counted(reason: CloseReason): Promise<void> {
    while (!this.hub.faults.has(reason)) await new Promise((resolve) => setImmediate(resolve));
  }

  async #check(): Promise<void> {
    const proper = openClient(clientSchema.parse({ url: this.hub.url, token: workerToken }));
    const records = new BatchCodec();
    const driver = new RemoteQueueDriver(proper, records, new CallCodec(nodeClock, records));
    const queue = await driver.open(new QueueDescriptor({ kind: "ws", id: "proper", capacity: 10 }));
    await queue.put(new Batch(0, 0, ["still here"]));
    const { batches } = await queue.take(1);
    expect(batches[0]?.payloads).toEqual(["still here"]);
    await proper.close();
    await this.hub.close();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  }
}

/** All that comes over a connection, until this text is in it. */
export async function answered(one: RawClient, text: string): Promise<string> {
  let all = "";
  while (!all.includes(text)) {
    for (const { body } of decodeMessage(await one.next()).frames) all += Buffer.from(body).toString();
  }
  return all;
}
