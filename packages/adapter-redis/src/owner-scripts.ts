import { script } from "./scripts.ts";

/**
 * Makes a store the owner of its job. One that was the owner before never is again, however late its request comes. Where the
 * server has lost that the job was begun, it is told its shape again.
 *
 * KEYS owner · ARGV store, shape or an empty text
 */
export const ownScript = script(
  "own",
  `if redis.call('HSETNX', KEYS[1], 'seen:' .. ARGV[1], '1') == 1 then redis.call('HSET', KEYS[1], 's', ARGV[1]) end
if ARGV[2] ~= '' and redis.call('HGET', KEYS[1], 's') == ARGV[1] then redis.call('HSETNX', KEYS[1], 'g', ARGV[2]) end
return 1
`,
);

/**
 * Looks whether a store is the owner of its job, for somebody who takes part in it: 1 it is, 0 another one is, -1 nobody is, since
 * the job is over, or the server has lost that it was begun.
 *
 * KEYS owner · ARGV store
 */
export const ownedScript = script(
  "owned",
  `local s = redis.call('HGET', KEYS[1], 's')
if not s then return -1 end
return s == ARGV[1] and 1 or 0
`,
);

/**
 * Begins a job of this shape, or goes on with it, and makes a store its owner. Where it has another shape, or was being ended,
 * nothing is done unless that is asked for. A store is answered alike however often it asks.
 *
 * KEYS owner, report · ARGV store, shape, 1 to go on with another shape. Answers {state, shape that it has}: 0 begun, 1 gone on
 * with, 2 of another shape, 3 was being ended.
 */
export const beginScript = script(
  "begin",
  `local seen = 'seen:' .. ARGV[1]
local m = redis.call('HMGET', KEYS[1], 'g', 'x', seen)
if m[3] then return {m[3] == 'old' and 1 or 0, m[1] or ''} end
if m[2] then return {3, m[1]} end
if m[1] and m[1] ~= ARGV[2] and ARGV[3] ~= '1' then return {2, m[1]} end
if not m[1] then redis.call('DEL', KEYS[2]) end
redis.call('HSET', KEYS[1], 'g', ARGV[2], 's', ARGV[1], seen, m[1] and 'old' or 'new')
return {m[1] and 1 or 0, ARGV[2]}
`,
);

/**
 * Notes that a store's job is being ended.
 *
 * KEYS owner · ARGV store
 */
export const endingScript = script(
  "ending",
  `if redis.call('HGET', KEYS[1], 's') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'x', '1')
return 1
`,
);

/**
 * Removes what is kept of a job, and its owner, unless that is another store.
 *
 * KEYS owner, then all others · ARGV store
 */
export const releaseScript = script(
  "release",
  `if redis.call('HGET', KEYS[1], 's') ~= ARGV[1] then return 0 end
for i = #KEYS, 1, -1 do redis.call('DEL', KEYS[i]) end
return 1
`,
);

/**
 * Removes what an earlier store has left of a job that it was about to end, and begins the job anew.
 *
 * KEYS owner, report, then all others · ARGV store, shape. Answers 0 where that is done already, by this store or another.
 */
export const forgetScript = script(
  "forget",
  `if redis.call('HEXISTS', KEYS[1], 'x') == 0 then return 0 end
for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('HDEL', KEYS[1], 'x')
redis.call('HSET', KEYS[1], 'g', ARGV[2], 's', ARGV[1], 'seen:' .. ARGV[1], 'new')
return 1
`,
);
