/** Sets the behaviour tests up to run over a real server, in virtual time: each file has a server of its own. */
import { type Adapter, type Container, tokens } from "@sage-kernel/core/di";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { redis } from "../src/redis.ts";
import { notOverRedis } from "./not-over-redis.ts";
import { systemClock } from "./plain-machine.mjs";
import { RedisServer } from "./redis-server.ts";
import { ServerProbe } from "./server-probe.ts";

let server: RedisServer;
let probe: ServerProbe;

beforeAll(async () => {
  server = await RedisServer.start();
  probe = await ServerProbe.connect(server.path);
  const world = {
    adapter: inRealTime(server.path),
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

/** The adapter, whose own waits go by the machine's clock whatever time the pipeline has. */
function inRealTime(path: string): Adapter {
  const inner = redis({ ioredis: { path } });
  const withClock = (scope: Container): Container =>
    new Proxy(scope, {
      get: (target, name) => {
        if (name !== "resolve") return Reflect.get(target, name).bind(target);
        return (token: unknown) => (token === tokens.clock ? systemClock : target.resolve(token as never));
      },
    });
  return {
    name: inner.name,
    register: (container) => {
      const register = (
        token: unknown,
        provider: { useFactory?: (scope: Container) => unknown },
      ): unknown => {
        const { useFactory } = provider;
        const wrapped =
          useFactory === undefined
            ? provider
            : { useFactory: (scope: Container) => useFactory(withClock(scope)) };
        return container.register(token as never, wrapped as never);
      };
      inner.register(
        new Proxy(container, {
          get: (target, name) => (name === "register" ? register : Reflect.get(target, name)),
        }),
      );
    },
  };
}
