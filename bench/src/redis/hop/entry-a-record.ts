import { Redis } from "ioredis";
import { type HopRecord, hopCase } from "./hop-case.ts";

const batch = 128;

/** As one writes it first: an entry for each record, 128 in a pipeline, and a consumer group that acknowledges them. */
export const hop = hopCase((path) => {
  const [writer, reader] = [new Redis(path), new Redis(path)];
  let runs = 0;
  return {
    async run(records, take) {
      const key = `entries-${++runs}`;
      await reader.xgroup("CREATE", key, "group", "0", "MKSTREAM");
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
  for (let from = 0; from < records.length; from += batch) {
    const pipeline = redis.pipeline();
    for (const record of records.slice(from, from + batch))
      pipeline.xadd(key, "*", "r", JSON.stringify(record));
    await pipeline.exec();
  }
}

async function read(
  redis: Redis,
  key: string,
  count: number,
  take: (record: HopRecord) => void,
): Promise<void> {
  for (let taken = 0; taken < count; ) {
    const found = await redis.xreadgroup(
      "GROUP",
      "group",
      "one",
      "COUNT",
      batch,
      "BLOCK",
      5000,
      "STREAMS",
      key,
      ">",
    );
    const entries = ((found as [string, [string, [string, string]][]][] | null)?.[0]?.[1] ?? []) as [
      string,
      [string, string],
    ][];
    if (entries.length === 0) continue;
    for (const [, [, text]] of entries) take(JSON.parse(text) as HopRecord);
    await redis.xack(key, "group", ...entries.map(([id]) => id));
    taken += entries.length;
  }
}
