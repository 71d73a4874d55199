import type { TLSSocket } from "node:tls";
import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { describe, expect, onTestFinished, test } from "vitest";
import * as certificates from "../test-support/certificates.ts";
import type { ClientOptions, HubOptions } from "./node/hub-options.ts";
import { wsQueues } from "./node/ws.ts";
import { type HubRefusal, WsHub } from "./node/ws-hub.ts";

const { authority, otherAuthority, hubCertificate, hubKey, clientCertificate, clientKey } = certificates;
const tls = { cert: hubCertificate, key: hubKey };
const descriptor = new QueueDescriptor({ kind: "ws", id: "records", capacity: 1000 });

/** A hub, whom it has refused, and queues of clients. */
async function opened(options: HubOptions) {
  const refusals: HubRefusal[] = [];
  const hub = await WsHub.listen(options, { onRefused: (refusal) => refusals.push(refusal) });
  onTestFinished(() => hub.close());
  const queue = async (more: Partial<ClientOptions>) => {
    const { driver, close } = wsQueues({ url: hub.url, ...more });
    onTestFinished(close);
    return driver.open(descriptor);
  };
  return { hub, refusals, queue };
}

const one = new Batch(0, 0, ["over TLS"]);

describe("over TLS", () => {
  test("a client that knows the hub's authority is connected, and one that knows another is not", async () => {
    const { hub, queue } = await opened({ tls });
    expect(hub.url).toMatch(/^wss:/);
    const known = await queue({ tls: { ca: authority } });
    await known.put(one);
    expect(await known.size()).toBe(1);

    const stranger = queue({ tls: { ca: otherAuthority }, outageTimeoutMs: 200, maxPauseMs: 20 });
    await expect(stranger).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
    expect(hub.sessions).toBe(1);
  });

  test("a hub tells clients by their certificates, and takes in none without", async () => {
    const asked: string[] = [];
    const { hub, queue } = await opened({
      tls: { ...tls, ca: authority, requestCert: true, rejectUnauthorized: true },
      authenticate: ({ socket }) => {
        const id = String((socket as TLSSocket).getPeerCertificate().subject.CN);
        asked.push(id);
        return { id, roles: ["worker"] };
      },
    });
    const own = { ca: authority, cert: clientCertificate, key: clientKey };
    await (await queue({ tls: own })).put(one);
    expect([asked, hub.sessions]).toEqual([["edge-7"], 1]);

    const nobody = queue({ tls: { ca: authority }, outageTimeoutMs: 200, maxPauseMs: 20 });
    await expect(nobody).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
    expect(asked).toEqual(["edge-7"]);
  });
});

describe("credentials that expire", () => {
  const secret = (n: number): string => `a-secret-of-number-${n}`;

  test("are asked for again, and the session goes on: nothing is lost or comes twice", async () => {
    let asked = 0;
    const { hub, queue, refusals } = await opened({
      authenticate: ({ headers }) =>
        headers.authorization === `Bearer ${secret(asked)}`
          ? { id: "edge", roles: ["worker"], validForMs: 30 }
          : undefined,
    });
    const producer = await queue({ token: () => secret(++asked), maxPauseMs: 5 });
    const inside = await hub.queues.open(descriptor);
    const came: unknown[] = [];
    for (let n = 0; asked < 5; n++) {
      await producer.put(new Batch(0, n, [n]));
      const { batches, position } = await inside.take(10);
      came.push(...batches.flatMap(({ payloads }) => payloads));
      await inside.advance(position);
    }

    expect(came).toEqual(came.map((_, n) => n));
    expect(hub.sessions).toBe(1);
    expect(new Set(refusals.map(({ reason }) => reason))).toEqual(new Set(["expired"]));
  });

  test("that are not renewed end the client, which says that it was refused", async () => {
    let known = true;
    const { queue } = await opened({
      authenticate: () => (known ? { id: "edge", roles: ["worker"], validForMs: 30 } : undefined),
    });
    const producer = await queue({ token: secret(1), maxPauseMs: 5 });
    known = false;
    const putting = (async () => {
      for (let n = 0; ; n++) await producer.put(new Batch(0, n % 900, [n]));
    })();

    await expect(putting).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE", message: /401/ });
  });

  test("that cannot be had for now are asked for again", async () => {
    let asked = 0;
    const token = (): string => {
      if (++asked < 3) throw new Error("the vault is locked");
      return secret(1);
    };
    const { queue } = await opened({ tokens: { [secret(1)]: { id: "edge", roles: ["worker"] } } });
    await (await queue({ token, maxPauseMs: 5 })).put(one);

    expect(asked).toBe(3);
  });
});
