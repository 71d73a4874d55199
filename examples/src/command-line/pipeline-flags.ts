import { keyGroups } from "@sage-kernel/core";
import { count, text, toggle } from "./flags.ts";

/** The flags that say how a pipeline runs and what it prints; every example has them. */
export const pipelineFlags = {
  json: toggle("print one JSON object instead of the report"),
  concurrency: count("records that each parallel instance works on at once", 16, 4096),
  parallelism: count("parallel instances of each step", 2, keyGroups),
  capacity: count("records that wait between two steps before the sender does", 1024),
  redis: text("URL", "keep queues and state in the Redis server at this URL; default in this process"),
  workers: count(
    "worker processes to run it in, which meet at --redis, or by WebSocket; default in this process",
    undefined,
    64,
  ),
};
