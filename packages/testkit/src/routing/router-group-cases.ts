import assert from "node:assert/strict";
import type { ContractCase } from "../contract/contract.ts";
import { assertWaits } from "../contract/probes.ts";
import {
  assertInSequence,
  batchesAt,
  connectionTo,
  type Emitted,
  Emitter,
  edgesOf,
  groupOf,
  keyedRecords,
  payloadsAt,
  put,
  type Received,
  recordsAt,
  recordsOf,
} from "./router-probes.ts";
import type { RouterSubject, Spread } from "./router-subject.ts";

/** Goes through every strategy of a subject. */
async function forEach(
  { strategies }: RouterSubject,
  check: (strategy: string, spread: Spread) => Promise<void>,
): Promise<void> {
  for (const [strategy, spread] of Object.entries(strategies)) await check(strategy, spread);
}

/** Fails unless each record is at as many instances as the strategy promises, and nothing else is anywhere. */
function assertSpread(found: readonly unknown[][], records: readonly Emitted[], spread: Spread): void {
  const flat = found.flat();
  for (const { payload } of records) {
    const holders = found.filter((payloads) => payloads.includes(payload)).length;
    if (spread === "one") assert.equal(holders, 1, `instances that got ${payload}`);
    else if (spread === "all") assert.equal(holders, found.length, `instances that got ${payload}`);
    else assert.ok(holders >= 1, `no instance got ${payload}`);
    assert.equal(flat.filter((other) => other === payload).length, holders, `${payload} came twice`);
  }
  const known = records.map(({ payload }) => payload);
  assert.deepEqual([...new Set(flat)].sort(), known.sort());
}

/** What holds for every strategy: who gets a record, in which order, and with what. */
export const routerGroupCases: readonly ContractCase<RouterSubject>[] = [
  {
    id: "R-05",
    title: "every step gets every record, at as many of its instances as its strategy says",
    run: (subject) =>
      forEach(subject, async (strategy, spread) => {
        const emitter = new Emitter(await subject.router({ edges: edgesOf(strategy, 3, 2, 1) }));
        const records = keyedRecords(20);
        await emitter.emit(...records.slice(0, 13));
        await emitter.emit(...records.slice(13));

        for (const group of emitter.router.groups) assertSpread(await payloadsAt(group), records, spread);
      }),
  },
  {
    id: "R-33",
    title: "width() tells how many instances a record goes to",
    run: (subject) =>
      forEach(subject, async (strategy) => {
        const emitter = new Emitter(await subject.router({ edges: edgesOf(strategy, 3, 2, 1) }));
        const records = keyedRecords(20);
        for (const record of records) emitter.attempt(record);

        const widths = emitter.widths();
        const sent = emitter.unit().flatMap(({ batch }) => batch.payloads);
        const found = records.map(({ payload }) => sent.filter((other) => other === payload).length);
        assert.deepEqual(widths, found, `what width() says and what is sent by ${strategy}`);
      }),
  },
  {
    id: "R-06",
    title: "each channel keeps its order while its receiver blocks and further units are sent",
    run: (subject) =>
      forEach(subject, async (strategy) => {
        const edge = { strategy, width: 2, capacity: 1 };
        const emitter = new Emitter(await subject.router({ edges: [edge] }));
        const records = keyedRecords(24);
        const order = records.map(({ payload }) => payload);
        const units = [0, 8, 16].map((from) => emitter.emit(...records.slice(from, from + 8)));

        for (const connection of groupOf(emitter.router).connections) {
          const { queue } = connection.target;
          const found: Received[] = [];
          while (((await queue.size()) as number) > 0 && found.length < 100) {
            const { batches, position } = await queue.take(10);
            found.push(...batches.flatMap(recordsOf));
            await queue.advance(position);
          }
          assertInSequence(found, `to instance ${connection.target.index} by ${strategy}`);
          const places = found.map(({ payload }) => order.indexOf(payload as string));
          assert.deepEqual(
            places,
            [...places].sort((a, b) => a - b),
            `order of ${strategy}`,
          );
        }
        await Promise.all(units);
      }),
  },
  {
    id: "R-07",
    title: "a receiver that blocks makes the sender wait, and nobody else gets its records",
    run: (subject) =>
      forEach(subject, async (strategy) => {
        if (strategy === "least-loaded") return; // there a full inbox does change who gets what
        const records = keyedRecords(16);
        const free = new Emitter(await subject.router({ edges: [{ strategy, width: 2 }] }));
        await free.emit(...records.slice(0, 8));
        await free.emit(...records.slice(8));
        const shares = await payloadsAt(groupOf(free.router));

        const emitter = new Emitter(await subject.router({ edges: [{ strategy, width: 2, capacity: 2 }] }));
        const first = emitter.emit(...records.slice(0, 8));
        await assertWaits(first, `a unit sent by ${strategy} to a full inbox`);
        const second = emitter.emit(...records.slice(8));
        const found: unknown[][] = [[], []];
        for (let turn = 0; turn < 40; turn++) await takeSome(emitter, found);

        await Promise.all([first, second]);
        assert.deepEqual(found, shares, `what ${strategy} sends to full inboxes`);
      }),
  },
  {
    id: "R-11",
    title: "every channel has a number, a receiver and an input of its own, which the router does not change",
    run: (subject) =>
      forEach(subject, async (strategy) => {
        const edges = [2, 0, 1].map((inputIndex) => ({ strategy, width: 2, inputIndex }));
        const emitter = new Emitter(await subject.router({ edges }));
        await emitter.emit(...keyedRecords(12));

        for (const [at, { inputIndex }] of edges.entries()) {
          for (const index of [0, 1]) {
            const connection = connectionTo(emitter.router, at, index);
            const { step, channel, index: own, inputIndex: input } = connection.target;
            assert.deepEqual([step, own, input], [`step-${at}`, index, inputIndex]);
            for (const batch of await batchesAt(connection)) assert.equal(batch.channel, channel);
          }
        }
        const channels = emitter.router.connections().map(({ target }) => target.channel);
        assert.equal(new Set(channels).size, 6);
      }),
  },
  {
    id: "R-14",
    title:
      "what the router says it sent, and by which connections, is what arrived; stop signals do not count",
    run: (subject) =>
      forEach(subject, async (strategy) => {
        const edges = [...edgesOf(strategy, 3, 1), { strategy, width: 1, deadLetters: true }];
        const emitter = new Emitter(await subject.router({ edges }));
        const { router } = emitter;
        for (const size of [5, 1, 9]) await emitter.emit(...keyedRecords(size, size * 100));
        await emitter.stop();

        const connections = router.connections();
        assert.deepEqual(
          connections.map(({ target }) => [target.step, target.index]),
          [
            ["step-0", 0],
            ["step-0", 1],
            ["step-0", 2],
            ["step-1", 0],
            ["step-2", 0],
          ],
        );
        const sent = router.sent();
        assert.equal(sent.size, connections.length);
        for (const connection of connections) {
          const { channel, queue } = connection.target;
          assert.equal(connection.bufferLoad(), ((await queue.size()) as number) / queue.descriptor.capacity);
          assert.equal(sent.get(channel), (await recordsAt(connection)).length, `channel ${channel}`);
          assert.equal(connection.sent, sent.get(channel));
        }
      }),
  },
  {
    id: "R-31",
    title: "a unit without records sends nothing",
    run: (subject) =>
      forEach(subject, async (strategy) => {
        const emitter = new Emitter(await subject.router({ edges: edgesOf(strategy, 2, 1) }));
        await emitter.emit(...keyedRecords(3));

        assert.deepEqual(emitter.unit(), []);
      }),
  },
  {
    id: "R-26",
    title:
      "headers travel with their record; its key does where the receiver sees keys, and is dropped elsewhere",
    run: (subject) =>
      forEach(subject, async (strategy) => {
        const edges = [true, false].map((keyed) => ({ strategy, width: 2, keyed }));
        const emitter = new Emitter(await subject.router({ edges }));
        const records = keyedRecords(10).map((record, n) =>
          n % 3 === 0 ? record : { ...record, headers: { id: `${n}` } },
        );
        await emitter.emit(...records);

        for (const [at, { keyed }] of edges.entries()) {
          for (const connection of groupOf(emitter.router, at).connections) {
            for (const { seq: _, ...found } of await recordsAt(connection)) {
              const { key, ...rest } = records.find(({ payload }) => payload === found.payload) as Emitted;
              assert.deepEqual(found, keyed ? { key, ...rest } : rest, `by ${strategy}`);
            }
          }
        }
      }),
  },
  {
    id: "R-27",
    title: "a batch that is taken back was not sent, and its numbers go to the next one",
    run: (subject) =>
      forEach(subject, async (strategy) => {
        const emitter = new Emitter(await subject.router({ edges: edgesOf(strategy, 2) }));
        for (const record of keyedRecords(6)) emitter.attempt(record);
        for (const { connection, batch } of emitter.unit().reverse()) connection.takeBack(batch);
        assert.deepEqual([...emitter.router.sent().values()], [0, 0]);

        for (const record of keyedRecords(6)) emitter.attempt(record);
        await put(emitter.unit());

        for (const connection of groupOf(emitter.router).connections)
          assertInSequence(await recordsAt(connection), `after what was taken back, by ${strategy}`);
      }),
  },
];

/** Takes what is there from one inbox of two, in turn, and waits for a turn of the event loop. */
async function takeSome({ router }: Emitter, found: unknown[][]): Promise<void> {
  for (const { target } of groupOf(router).connections) {
    if ((await target.queue.size()) === 0) continue;
    const { batches, position } = await target.queue.take(1);
    found[target.index]?.push(...batches.flatMap(({ payloads }) => payloads));
    await target.queue.advance(position);
  }
}
