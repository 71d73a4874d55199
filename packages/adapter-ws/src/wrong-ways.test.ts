import { describe, expect, test } from "vitest";
import { clientSchema } from "./node/hub-options.ts";
import { openClient, wsJobChannel, wsQueues } from "./node/ws.ts";

const secret = "a-token-that-nobody-may-see";

/** What is thrown. */
function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a client that is told a wrong way to its hub", () => {
  test.each([
    ["a port that there is not", { url: "ws://localhost:99999" }, "url"],
    ["no host", { url: "wss://" }, "url"],
    ["a fragment", { url: "ws://localhost:9/#hub" }, "url"],
    ["a token with a line end", { url: "ws://localhost:9", token: `${secret}\n` }, "token"],
    ["a token of wide characters", { url: "ws://localhost:9", token: `${secret}€` }, "token"],
  ])("hears at once which option that is: %s", (_, options, path) => {
    for (const open of [wsQueues, wsJobChannel]) {
      const error = thrownBy(() => open(options));
      expect(error).toMatchObject({
        code: "INVALID_OPTION",
        details: { path, expected: expect.any(String) },
      });
      expect(String(error)).not.toContain(secret);
    }
  });

  test.each([
    ["a URL", { url: "ws://localhost:99999" }],
    ["a token", { url: "ws://localhost:9", token: () => `${secret}\n` }],
  ])(
    "is refused for good, and so is whatever it asks for, when only dialling shows it: %s",
    async (_, options) => {
      const client = openClient(clientSchema.parse(options));
      const refused = { code: "HUB_REFUSED" };
      const first = await client.request("size", {}).catch((error: unknown) => error);
      expect(first).toMatchObject(refused);
      expect(String(first)).not.toContain(secret);
      await expect(client.request("size", {})).rejects.toMatchObject(refused);
      await client.close();
    },
  );

  test("goes on dialling where only the token cannot be had for now", async () => {
    let asked = 0;
    const token = (): string => {
      asked++;
      throw new Error("the vault is away");
    };
    const client = openClient(clientSchema.parse({ url: "ws://localhost:9", token, maxPauseMs: 1 }));
    await expect.poll(() => asked).toBeGreaterThan(2);
    await client.close();
  });
});
