import { describe, expect, test } from "vitest";
import { connectJobs } from "./browser/browser-jobs.ts";
import { ws, wsJobChannel, wsQueues } from "./node/ws.ts";
import { WsHub } from "./node/ws-hub.ts";

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
