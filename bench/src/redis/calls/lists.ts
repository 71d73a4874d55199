import { Redis } from "ioredis";
import { type RedisCallCases, redisCallCases } from "./redis-call-cases.ts";

/** One call or answer: its number and value. */
type Message = readonly [id: number, value: number];

/**
 * Written by hand: two lists, a push for all messages of one turn of the event loop, and a pop that waits for up to 64. A
 * yardstick: nothing of it survives a crash.
 */
export const { one, many }: RedisCallCases = redisCallCases(async (path, method) => {
  const clients = Array.from({ length: 4 }, () => new Redis(path));
  const [asks, serves, answers, waits] = clients as [Redis, Redis, Redis, Redis];
  const waiting = new Map<number, (value: number) => void>();
  let open = true;
  let last = 0;
  const ask = coalesced(asks, "requests");
  const answer = coalesced(answers, "replies");
  const serving = each(serves, "requests", async ([id, value]) => answer([id, await method(value)]));
  const taking = each(waits, "replies", async ([id, value]) => {
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  return {
    call: (n) =>
      new Promise((resolve) => {
        waiting.set(++last, resolve);
        ask([last, n]);
      }),
    close: async () => {
      open = false;
      for (const client of clients) client.disconnect();
      await Promise.allSettled([serving, taking]);
    },
  };

  async function each(redis: Redis, key: string, take: (message: Message) => Promise<void>): Promise<void> {
    while (open) {
      const popped = await redis.blmpop(1, 1, key, "LEFT", "COUNT", 64);
      for (const text of popped?.[1] ?? []) void take(JSON.parse(text) as Message);
    }
  }
});

/** Pushes what comes within one turn of the event loop at once. */
function coalesced(redis: Redis, key: string): (message: Message) => void {
  let texts: string[] = [];
  return (message) => {
    if (texts.length === 0) {
      setImmediate(() => {
        void redis.rpush(key, ...texts);
        texts = [];
      });
    }
    texts.push(JSON.stringify(message));
  };
}
