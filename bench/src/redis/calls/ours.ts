import { local } from "@sage-kernel/adapter-local";
import { redis } from "@sage-kernel/adapter-redis";
import { createRuntime } from "@sage-kernel/core/di";
import { serve } from "../../services/calls/our-service.ts";
import { type RedisCallCases, redisCallCases } from "./redis-call-cases.ts";

/** Ours: a service whose requests and answers go through queues in Redis. */
export const { one, many }: RedisCallCases = redisCallCases(async (path, method) => {
  const runtime = await createRuntime({
    adapters: [local({ log: { level: "silent" } }), redis({ ioredis: { path } })],
    queueKind: "redis",
  });
  return serve(runtime, method);
});
