import { stateStoreBinding, stateStoreContract } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { afterAll, beforeAll, describe } from "vitest";
import { WsLab } from "../test-support/ws-lab.ts";
import type { HubClient } from "./client/hub-client.ts";

let lab: WsLab;
let client: HubClient;

beforeAll(async () => {
  lab = await WsLab.start();
  client = lab.client();
});

afterAll(() => lab.stop());

describe("at a hub", () => {
  describeContract(
    stateStoreContract,
    stateStoreBinding(() => lab.process(client), {
      capabilities: ["large"],
      lacks: { synchronous: "a hub answers", objects: "cells are JSON there" },
    }),
  );
});

describe("in the process of the hub", () => {
  describeContract(
    stateStoreContract,
    stateStoreBinding(() => ({ stores: lab.hub.stores, driver: lab.hub.queues }), {
      capabilities: ["large", "synchronous", "objects"],
    }),
  );
});
