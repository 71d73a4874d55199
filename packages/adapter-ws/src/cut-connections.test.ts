import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { QueueDescriptor, SeededRandom } from "@sage-kernel/core/spi";
import { expect, test } from "vitest";
import { WsLab } from "../test-support/ws-lab.ts";

const deep = process.env.SAGE_DEEP === "1";
const producer = fileURLToPath(new URL("../test-support/producer.mjs", import.meta.url));
const capacity = 8192;
const mib = 1024 * 1024;

test.each(deep ? [1, 2, 3, 4, 5] : [1])(
  "records of another process arrive once and in order while the connection is cut again and again (seed %i)",
  async (seed) => {
    const [count, cuts] = [1_000_000, 100];
    const random = new SeededRandom(seed);
    const lab = await WsLab.start();
    const queue = await lab.hub.queues.open(new QueueDescriptor({ kind: "ws", id: "numbers", capacity }));
    const args = [producer, lab.proxy.url, "numbers", `${capacity}`, `${count}`, "256"];
    const produced = promisify(execFile)(process.execPath, args);
    const places = Array.from({ length: cuts }, () => random.integer(0.9 * count)).sort((a, b) => a - b);
    let next = 0;
    let most = 0;
    let heap = 0;
    for (let done = false; !done; ) {
      const { batches, position } = await queue.take(1000);
      for (const { payloads, stop } of batches) {
        for (const { id } of payloads as { id: number }[]) if (id !== next++) expect(id).toBe(next - 1);
        done ||= stop !== undefined;
      }
      most = Math.max(most, (await queue.size()) as number);
      heap = Math.max(heap, process.memoryUsage().heapUsed);
      await queue.advance(position);
      if (places[0] === undefined || places[0] > next || lab.proxy.live === 0) continue;
      lab.proxy.reset();
      places.shift();
    }
    const { mostBytes, mostHeap } = JSON.parse((await produced).stdout) as Record<string, number>;
    expect(next).toBe(count);
    expect([places, lab.proxy.connections]).toEqual([[], cuts + 1]);
    expect(most).toBeLessThanOrEqual(capacity);
    expect(mostBytes).toBeLessThan(3 * mib); // what is granted at most, and what is not known to have arrived
    expect(mostHeap).toBeLessThan(200 * mib);
    expect([...lab.hub.faults.keys()]).toEqual([]);
    await lab.stop();
  },
);
