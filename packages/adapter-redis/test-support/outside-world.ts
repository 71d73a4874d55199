/** Sets the behaviour tests up to run over a real server, in virtual time: each file has a server of its own. */
import { systemClock } from "@sage-kernel/testkit";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { redisInTime } from "../src/redis.ts";
import { notOverRedis } from "./not-over-redis.ts";
import { RedisServer } from "./redis-server.ts";
import { ServerProbe } from "./server-probe.ts";

let server: RedisServer;
let probe: ServerProbe;

beforeAll(async () => {
  server = await RedisServer.start();
  probe = await ServerProbe.connect(server.path);
  const world = {
    adapter: redisInTime(systemClock, { reportsKeptMs: 0, ioredis: { path: server.path } }),
    quiet: () => probe.quiet(),
    check: () => probe.checkEmpty(),
  };
  Object.assign(globalThis, { sageOutsideWorld: world });
});

beforeEach(({ task, skip }) => {
  const found = notOverRedis.find(([title]) => task.name.endsWith(title));
  if (found !== undefined) skip(found[1]);
});

afterAll(async () => {
  probe.close();
  await server.stop();
});
