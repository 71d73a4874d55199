/** Gives each file of tests a real server of its own, at the Unix socket `sageRedisPath`. */
import { afterAll, beforeAll } from "vitest";
import { RedisServer } from "./redis-server.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
  Object.assign(globalThis, { sageRedisPath: server.path });
});

afterAll(() => server.stop());
