import { redis } from "@sage-kernel/adapter-redis";
import type { BenchCase } from "../../harness/bench-case.ts";
import { startServer } from "../bench-server.ts";
import { inOneProcess } from "./in-one-process.ts";

/** In one process, with queues and state in Redis. */
export const rate: BenchCase = async (context) => {
  const server = await startServer();
  try {
    return await inOneProcess([redis({ ioredis: { path: server.path } })], "redis")(context);
  } finally {
    await server.stop();
  }
};
