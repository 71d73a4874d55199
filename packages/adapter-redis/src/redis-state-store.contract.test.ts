import { stateStoreBinding, stateStoreContract } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { afterAll, beforeAll } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import type { RedisClient } from "./redis-client.ts";
import { RedisQueueDriver } from "./redis-queue-driver.ts";
import { RedisStateStores } from "./redis-state-store.ts";

let lab: RedisLab;
let client: RedisClient;

beforeAll(async () => {
  lab = await RedisLab.start();
  client = lab.client();
});

afterAll(() => lab.stop());

describeContract(
  stateStoreContract,
  stateStoreBinding(
    () => {
      const process = lab.process(client);
      return { stores: new RedisStateStores(process), driver: new RedisQueueDriver(process) };
    },
    {
      capabilities: ["large"],
      lacks: { synchronous: "a server answers", objects: "cells are JSON there" },
    },
  ),
);
