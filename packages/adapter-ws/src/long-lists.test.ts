import type { CommitScope, JobShape } from "@sage-kernel/core/spi";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WsLab } from "../test-support/ws-lab.ts";
import { wsJobChannel } from "./node/ws.ts";

const shape: JobShape = { version: 1, pipeline: "p", steps: {}, tasks: [], edges: [], queues: {}, kinds: {} };
const node = "t#0";

let lab: WsLab;

beforeEach(async () => {
  lab = await WsLab.start();
});

afterEach(() => lab.stop());

/** A store of a process of its own, that has begun its job. */
async function begun() {
  const store = lab.process().stores.create("job");
  await store.begin?.(shape);
  return store;
}

const table = (name: string, length: number): [string, [string, unknown][]] => [
  name,
  Array.from({ length }, (_, i) => [`k${i}`, { kind: "value", value: i }]),
];
const contents = (...tables: [string, [string, unknown][]][]) => ({
  ...{ position: undefined, finished: false },
  tables: new Map(tables),
});
const sizes = (tables: ReadonlyMap<string, Iterable<unknown>>) =>
  [...tables].map(([name, cells]) => [name, [...cells].length]);

describe("a store at a hub", () => {
  test("restores tables of 200,000 keys, and tells them again", async () => {
    const store = await begun();
    await store.restore(node, contents(table("a", 200_000), table("b", 1), table("c", 3000)));

    const told = await store.contents(node);
    expect(sizes(told.tables)).toEqual([
      ["a", 200_000],
      ["b", 1],
      ["c", 3000],
    ]);
    expect([...(told.tables.get("a") ?? [])].at(-1)).toEqual(["k199999", { kind: "value", value: 199_999 }]);
    const scope = { node, input: { advance: () => undefined }, deadLetters: { write: () => undefined } };
    const { state } = await store.open(scope as unknown as CommitScope);
    expect([...state.table("a").entries()]).toHaveLength(200_000);
    expect([...lab.hub.faults]).toEqual([]);
  });

  test("has nothing of a restore that did not come to its end", async () => {
    const client = lab.client();
    const store = lab.process(client).stores.create("job");
    await store.begin?.(shape);
    await store.restore(node, contents(table("a", 1)));
    const asked = { job: "job", pass: store.pass, node, tables: [["a", []]] };

    await client.request("store.restoring", { ...asked, before: 0 });
    await expect(client.request("store.restoring", { ...asked, before: 2 })).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
    expect(sizes((await store.contents(node)).tables)).toEqual([["a", 1]]);

    await store.restore(node, contents(table("b", 2)));
    expect(sizes((await store.contents(node)).tables)).toEqual([["b", 2]]);
    expect([...lab.hub.faults]).toEqual([]);
  });
});

test("messages with long lists arrive, from outside and from the hub's process, and nobody's session ends", async () => {
  const list = Array.from({ length: 70_000 }, (_, i) => i);
  const channels = [lab.hub.channel(), wsJobChannel({ url: lab.hub.url })] as const;
  const [inside, outside] = [await channels[0].join("inside"), await channels[1].join("outside")];

  for (const [from, to] of [
    [outside, inside],
    [inside, outside],
  ] as const) {
    expect(await from.send({ name: to.name }, { list })).toBe(true);
    const [message] = await to.take(1);
    expect(message?.body).toEqual({ list });
  }
  expect([outside.lost.aborted, [...lab.hub.faults]]).toEqual([false, []]);
  await Promise.all(channels.map((channel) => channel.close()));
});
