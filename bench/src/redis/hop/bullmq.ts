import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { type HopRecord, hopCase } from "./hop-case.ts";

const bulk = 500;

/** BullMQ: added in bulk, worked on by 50 at a time, removed when done. */
export const hop = hopCase((path) => {
  let runs = 0;
  return {
    async run(records, take) {
      const name = `bench-${++runs}`;
      const connection = { path, maxRetriesPerRequest: null };
      const queue = new Queue<HopRecord>(name, { connection, defaultJobOptions: { removeOnComplete: true } });
      let taken = 0;
      let done = (): void => undefined;
      const all = new Promise<void>((resolve) => {
        done = resolve;
      });
      const worker = new Worker<HopRecord>(
        name,
        async ({ data }) => {
          take(data);
          if (++taken === records.length) done();
        },
        { connection, concurrency: 50 },
      );
      for (let from = 0; from < records.length; from += bulk) {
        await queue.addBulk(records.slice(from, from + bulk).map((data) => ({ name: "r", data })));
      }
      await all;
      await worker.close();
      await queue.close();
      const redis = new Redis(path);
      await redis.flushall();
      redis.disconnect();
    },
    close: async () => undefined,
  };
});
