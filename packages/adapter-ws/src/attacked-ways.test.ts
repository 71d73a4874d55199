import { describe, expect, test } from "vitest";
import { RawClient, type RawOptions } from "../test-support/raw-client.ts";
import { connectJobs } from "./browser/browser-jobs.ts";
import type { HubOptions } from "./node/hub-options.ts";
import { ws, wsJobChannel, wsQueues } from "./node/ws.ts";
import { type HubRefusal, WsHub } from "./node/ws-hub.ts";

const token = "t".repeat(32);
const tokens = { [token]: { id: "one", roles: ["worker" as const] } };
const refused = (path: string, message: string) => ({
  ...{ code: "INVALID_OPTION", details: { path } },
  message: expect.stringContaining(message),
});

describe("a hub", () => {
  test("is not reached by other machines without authentication, nor with tokens that all can read", async () => {
    const host = "0.0.0.0";
    await expect(WsHub.listen({ host })).rejects.toMatchObject(refused("host", "without authentication"));
    await expect(WsHub.listen({ host, tokens })).rejects.toMatchObject(refused("tls", "allowInsecure: true"));
    const open = await WsHub.listen({ host, tokens, allowInsecure: true });
    await open.close();
  });

  test.each(["127.0.0.2", "localhost"])("is reached by this machine only at %s", async (host) => {
    const own = await WsHub.listen({ host });
    await own.close();
  });
});

describe("a request for a connection", () => {
  const codeOf = async (options: HubOptions, host: string, given: RawOptions = {}): Promise<number> => {
    const refusals: HubRefusal[] = [];
    const hub = await WsHub.listen(options, { onRefused: (refusal) => refusals.push(refusal) });
    const one = new RawClient(hub.url, { ...given, headers: { host } });
    const code = await Promise.race([
      new Promise<number>((resolve) => one.socket.once("open", () => resolve(101))),
      one.end.then((end) => end.code),
    ]);
    expect(refusals.map(({ reason }) => reason)).toEqual(code === 101 ? [] : [`http-${code}`]);
    expect(
      await new RawClient(hub.url, {
        ...given,
        headers: { host: options.hosts?.[0] ?? "localhost" },
      }).hello(),
    ).toMatchObject({ version: 1 });
    await hub.close();
    return code;
  };

  test.each(["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example:1"])(
    "under the name %s, which a page has let lead here, is refused where anybody is served",
    async (host) => {
      expect(await codeOf({}, host)).toBe(403);
    },
  );

  test.each(["localhost", "LOCALHOST:80", "127.0.0.1:9", "[::1]:9"])(
    "under the name %s is taken",
    async (host) => {
      expect(await codeOf({}, host)).toBe(101);
    },
  );

  test("is taken under any name with a token, and under those that are listed", async () => {
    expect(await codeOf({ tokens }, "hub.example", { token })).toBe(101);
    expect(await codeOf({ tokens, hosts: ["hub.example"] }, "evil.example", { token })).toBe(403);
    expect(await codeOf({ hosts: ["hub.example"] }, "Hub.example:8443")).toBe(101);
  });
});

describe("a client", () => {
  const clear = refused("url", "could be read");

  test.each(["ws://hub.example", "ws://10.0.0.1:80", "ws://127.0.0.1.evil.example", "ws://[fe80::1]"])(
    "sends no token in clear text to %s",
    async (url) => {
      const given = { url, token };
      expect(() => ws(given)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
      expect(() => wsQueues(given)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
      expect(() => wsJobChannel(given)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
      await expect(connectJobs(given)).rejects.toMatchObject(clear);
    },
  );

  test.each([
    { url: "wss://hub.example", token },
    { url: "ws://127.0.0.1:9", token },
    { url: "ws://[::1]:9", token },
    { url: "ws+unix:/run/hub.sock", token },
    { url: "ws://hub.example" },
    { url: "ws://hub.example", token, allowInsecure: true },
  ])("may go by %o", (options) => {
    expect(ws(options).name).toBe("ws");
  });
});
