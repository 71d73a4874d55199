import { createHash } from "node:crypto";
import type { IdempotentScript } from "./redis-port.ts";

/**
 * A script with the SHA-1 of its source. One that `appends` is refused as a whole by a server whose memory is full; all others
 * are done even then, since only they can make room.
 */
export function script(name: string, body: string, { appends = false } = {}): IdempotentScript {
  const source = `#!lua${appends ? "" : " flags=allow-oom"}\n${body}`;
  return { name, source, sha: createHash("sha1").update(source).digest("hex") };
}

/**
 * Numbers in the hash of a queue: `in` and `out` count records that were appended and committed since it was made, so that
 * `in - out` are inside, and setting `out` again changes nothing. `rv` counts the times that there was room again.
 */
export const helpers = `
local function num(v) return tonumber(v or '0') end
local function str(n) return string.format('%.0f', n) end
local function isOpen(meta)
  local m = redis.call('HMGET', meta, 'o', 'c')
  return m[1] and not m[2]
end
local function wake(meta, room)
  if redis.call('HDEL', meta, 'w') == 1 then
    local rv = redis.call('HINCRBY', meta, 'rv', 1)
    redis.call('XADD', room, 'MAXLEN', '1', str(rv) .. '-1', 'r', '1')
    local ttl = redis.call('HGET', meta, 't')
    if ttl then redis.call('PEXPIRE', room, ttl) end
  end
end
local function idOf(id)
  local ms, sq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(sq)
end
local function reached(meta, id, elements)
  local m = redis.call('HMGET', meta, 'off', 'k')
  if not m[1] then return false end
  local ms, sq = idOf(id)
  local oms, osq = idOf(m[1])
  return oms > ms or (oms == ms and (osq > sq or (osq == sq and num(m[2]) >= tonumber(elements))))
end
local function advance(entries, meta, room, id, elements, records, whole)
  if redis.call('HEXISTS', meta, 'o') == 0 or reached(meta, id, elements) then return 0 end
  local ms, sq = idOf(id)
  redis.call('HSET', meta, 'off', id, 'k', elements, 'out', records, 'd', whole)
  local least = id
  if whole == '1' then least = str(ms) .. '-' .. str(sq + 1) end
  redis.call('XTRIM', entries, 'MINID', least)
  wake(meta, room)
  return 1
end
`;

/**
 * Opens a queue: one that was closed is made anew. While it is open its hash has `o`, so that nothing is written to one that
 * was removed. One that belongs to a process and not to a job goes by itself some time after it was opened last. Opened again,
 * one that was closed stays closed.
 *
 * KEYS entries, meta, room · ARGV that time in ms or an empty text, 1 when it is opened again
 */
export const openScript = script(
  "open",
  `if redis.call('HEXISTS', KEYS[2], 'c') == 1 then
  if ARGV[2] == '1' then return 0 end
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
end
redis.call('HSET', KEYS[2], 'o', '1')
if ARGV[1] ~= '' then
  redis.call('HSET', KEYS[2], 't', ARGV[1])
  for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[1]) end
end
return 1
`,
);

/**
 * Appends as far as there is room; `write` is how the entry `i` of `n` records, which brings them to `total`, is written,
 * `after` what is done behind all of them. Run for every batch, so nothing is in it that it does not need.
 */
export const appendEntries = (name: string, write: string, after = ""): IdempotentScript =>
  script(
    name,
    `local entries, meta = KEYS[1], KEYS[2]
local producer, number, count = 'p:' .. ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4])
local m = redis.call('HMGET', meta, producer, 'in', 'out', 'c', 'rv', 'o', 't')
local total, out, times = tonumber(m[2] or 0), tonumber(m[3] or 0), tonumber(m[5] or 0)
if m[1] then
  local last, appended = string.match(m[1], '^(%d+):(%d+)$')
  last = tonumber(last)
  if last == number then return {2, tonumber(appended), total, out, times} end
  if last > number then return {-2, 0, 0, 0, 0} end
end
if m[4] or not m[6] then return {-1, 0, 0, 0, 0} end
local free = tonumber(ARGV[3]) - (total - out)
local appended = 0
for i = 1, count do
  local n = tonumber(ARGV[3 + 2 * i])
  if n > 0 and n > free then break end
  free = free - n
  total = total + n
  appended = appended + 1
  ${write}
end
${after}
redis.call('HSET', meta, 'in', total, producer, ARGV[2] .. ':' .. appended)
if m[7] then redis.call('PEXPIRE', entries, m[7]) end
if appended < count then redis.call('HSET', meta, 'w', '1') end
return {1, appended, total, out, times}
`,
    { appends: true },
  );

/**
 * Appends entries as far as they fit. A producer numbers its requests; the same number again is answered again.
 *
 * KEYS entries, meta, room · ARGV producer, number, capacity, count, then for each: records, bytes.
 * Answers {state, appended, records appended in all, records committed in all, times of room}: state 1, or 2 when it was
 * asked before, or -1 when the queue is closed, or -2 when the request is older than the producer's last one.
 */
export const appendScript = appendEntries(
  "append",
  "redis.call('XADD', entries, '*', 'u', ARGV[1] .. ':' .. ARGV[2] .. ':' .. i, 't', total, 'n', n, 'b', ARGV[4 + 2 * i])",
);

/** The same for a queue that is a list: an element begins with its records, those in all, and a token, each before a colon. */
export const pushScript = appendEntries(
  "push",
  "redis.call('RPUSH', entries, string.format('%d:%.0f:%s/%s/%d:', n, total, ARGV[1], ARGV[2], i) .. ARGV[4 + 2 * i])",
);

/**
 * Takes a request of a producer back: it is done already, or will never be, however late it comes.
 *
 * KEYS meta · ARGV producer, number. Answers how many entries it has appended.
 */
export const revokeScript = script(
  "revoke",
  `if redis.call('HEXISTS', KEYS[1], 'o') == 0 then return 0 end
local field = 'p:' .. ARGV[1]
local known = redis.call('HGET', KEYS[1], field)
if known then
  local last, appended = string.match(known, '^(%d+):(%d+)$')
  if tonumber(last) >= tonumber(ARGV[2]) then return tonumber(appended) end
end
redis.call('HSET', KEYS[1], field, ARGV[2] .. ':0')
return 0
`,
);

/**
 * Moves the position of a queue forward, and removes what is behind it.
 *
 * KEYS entries, meta, room · ARGV id, elements of that entry that are done, records done in all, 1 when the entry is done
 */
export const advanceScript = script(
  "advance",
  `${helpers}
return advance(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
`,
);

/** Closes a queue; `write` is how its end is written behind `total` records, `refuses` when its job does not let it. */
const close = (name: string, write: string, refuses = "false"): IdempotentScript =>
  script(
    name,
    `${helpers}
local owner = redis.call('HMGET', KEYS[4], 's', 'g', 'x')
if owner[1] and (owner[1] ~= ARGV[1] or ${refuses}) then return 0 end
local entries, meta, room = KEYS[1], KEYS[2], KEYS[3]
if redis.call('HEXISTS', meta, 'o') == 0 or redis.call('HSETNX', meta, 'c', '1') == 0 then return 1 end
local total = str(num(redis.call('HGET', meta, 'in')))
${write}
wake(meta, room)
return 1
`,
  );

/**
 * Refuses further entries, and tells the reader so behind the last one; not where the job is somebody else's now. An inbox
 * of a job that was begun is closed only while that is being ended: else it stays as it is, for the next process.
 *
 * KEYS entries, meta, room, owner of the job · ARGV the store of the job in this process, or an empty text
 */
export const closeScript = close(
  "close",
  "redis.call('XADD', entries, '*', 'c', '1', 't', total)",
  "(owner[2] and not owner[3])",
);

/** The same for a pool, which ends when all of it is done. */
export const closePoolScript = close("close-pool", "");

/** The same for a queue that is a list: its last element has no bytes. */
export const endScript = close("end", "redis.call('RPUSH', entries, '0:' .. total .. '::')");

/**
 * Says how many records of a list are done, which makes room.
 *
 * KEYS meta, room · ARGV records done in all
 */
export const doneScript = script(
  "done",
  `${helpers}
local meta = KEYS[1]
if redis.call('HEXISTS', meta, 'o') == 0 then return 0 end
local m = redis.call('HMGET', meta, 'in', 'out')
local out = math.max(num(m[2]), math.min(tonumber(ARGV[1]), num(m[1])))
redis.call('HSET', meta, 'out', str(out))
wake(meta, KEYS[2])
return 1
`,
);

/**
 * How many records of a list are gone: read, or lost on their way; and whether its end is.
 *
 * KEYS entries, meta. Answers {records, 1 when the list is closed and empty}
 */
export const goneScript = script(
  "gone",
  `${helpers}
local first = redis.call('LINDEX', KEYS[1], 0)
if not first then
  local m = redis.call('HMGET', KEYS[2], 'in', 'c')
  return {num(m[1]), m[2] and 1 or 0}
end
local n, total = string.match(first, '^(%d+):(%d+):')
return {tonumber(total) - tonumber(n), 0}
`,
);

/** Removes all KEYS. */
export const removeScript = script("remove", "return redis.call('DEL', unpack(KEYS))\n");

/**
 * Makes a read that waits come back: there is more that it should look at. The key is needed for as long as a read waits, and
 * goes by itself where its process cannot remove it.
 *
 * KEYS stream
 */
export const pokeScript = script(
  "poke",
  `redis.call('XADD', KEYS[1], 'MAXLEN', '1', '*', 'p', '1')
redis.call('PEXPIRE', KEYS[1], 10000)
return 1
`,
);

/**
 * The same for a pop that waits.
 *
 * KEYS list
 */
export const pokeListScript = script(
  "poke-list",
  `if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('RPUSH', KEYS[1], '0:0::') end
redis.call('PEXPIRE', KEYS[1], 10000)
return 1
`,
);
