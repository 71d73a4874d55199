import { Redis } from "ioredis";
import { type HopRecord, hopCase } from "./hop-case.ts";

const perEntry = 256;
const perPipeline = 4;

/**
 * Written by hand: 256 records as JSON in each entry, four entries a pipeline, read with a cursor on another connection. No
 * bound, no commit, nothing that survives a crash: a ceiling.
 */
export const hop = hopCase((path) => {
  const [writer, reader] = [new Redis(path), new Redis(path)];
  let runs = 0;
  return {
    async run(records, take) {
      const key = `packed-${++runs}`;
      await Promise.all([write(writer, key, records), read(reader, key, records.length, take)]);
      await writer.del(key);
    },
    close: async () => {
      writer.disconnect();
      reader.disconnect();
    },
  };
});

async function write(redis: Redis, key: string, records: readonly HopRecord[]): Promise<void> {
  for (let from = 0; from < records.length; ) {
    const pipeline = redis.pipeline();
    for (let entry = 0; entry < perPipeline && from < records.length; entry++, from += perEntry)
      pipeline.xadd(key, "*", "b", JSON.stringify(records.slice(from, from + perEntry)));
    await pipeline.exec();
  }
}

async function read(
  redis: Redis,
  key: string,
  count: number,
  take: (record: HopRecord) => void,
): Promise<void> {
  let after = "0-0";
  for (let taken = 0; taken < count; ) {
    const found = await redis.xread("COUNT", 16, "BLOCK", 5000, "STREAMS", key, after);
    for (const [id, [, text]] of (found?.[0]?.[1] ?? []) as [string, [string, string]][]) {
      const records = JSON.parse(text) as HopRecord[];
      for (const record of records) take(record);
      taken += records.length;
      after = id;
    }
  }
}
