import { appendEntries, helpers, script } from "./scripts.ts";

/** The consumer group of a pool. */
const group = "w";

/**
 * Opens a pool: a stream with a group of those who share its entries. One that was closed is made anew, unless there is work left or it is opened
 * again.
 *
 * KEYS entries, meta, room · ARGV 1 when it is opened again
 */
export const openPoolScript = script(
  "open-pool",
  `if redis.call('HEXISTS', KEYS[2], 'c') == 1 then
  if ARGV[1] == '1' or redis.call('XLEN', KEYS[1]) > 0 then return 0 end
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
end
redis.call('HSET', KEYS[2], 'o', '1')
redis.pcall('XGROUP', 'CREATE', KEYS[1], '${group}', '0', 'MKSTREAM')
return 1
`,
);

/** Appends to a pool, like to any queue, and wakes those who wait for work. */
export const appendPoolScript = appendEntries(
  "append-pool",
  "redis.call('XADD', entries, '*', 'u', ARGV[1] .. ':' .. ARGV[2] .. ':' .. i, 'n', n, 'b', ARGV[4 + 2 * i])",
  `if appended > 0 and redis.call('HDEL', meta, 'w') == 1 then
  local rv = redis.call('HINCRBY', meta, 'rv', 1)
  redis.call('XADD', KEYS[3], 'MAXLEN', '1', rv .. '-1', 'r', '1')
end`,
);

/** Who has an entry, and for the how manieth time it was handed out; nothing where nobody has it. */
const pending = `
local function pendingOf(entries, id)
  return redis.call('XPENDING', entries, '${group}', id, id, 1)[1]
end
local function isHeld(entries, id, consumer, attempt)
  local p = pendingOf(entries, id)
  return p and p[2] == consumer and p[4] == tonumber(attempt)
end
`;

/**
 * Takes entries that nobody has, first those whose holder has not been heard of for too long. A consumer numbers its requests;
 * the same number again is answered again.
 *
 * KEYS entries, meta · ARGV consumer, number, entries at most, ms after which a holder is given up. Answers {state, times of room,
 * then for each entry {id, attempt, bytes}}: state 1, or 0 when the pool is closed and everything is done.
 */
export const claimScript = script(
  "claim",
  `${helpers}${pending}
local entries, meta, consumer = KEYS[1], KEYS[2], ARGV[1]
local last = 'k:' .. consumer
local m = redis.call('HMGET', meta, last, 'rv', 'c', 'o')
local ids = {}
if m[1] and string.match(m[1], '^(%d+):') == ARGV[2] then
  for id in string.gmatch(m[1], '(%d+%-%d+)') do ids[#ids + 1] = id end
elseif m[4] then
  local cursor, found = '0-0', {}
  for _ = 1, 20 do
    local claimed = redis.call('XAUTOCLAIM', entries, '${group}', consumer, ARGV[4], cursor, 'COUNT', ARGV[3])
    cursor, found = claimed[1], claimed[2]
    if #found > 0 or cursor == '0-0' then break end
  end
  if #found == 0 then
    local read = redis.call('XREADGROUP', 'GROUP', '${group}', consumer, 'COUNT', ARGV[3], 'STREAMS', entries, '>')
    found = read and read[1] and read[1][2] or {}
  end
  for i = 1, #found do ids[i] = found[i][1] end
  redis.call('HSET', meta, last, ARGV[2] .. ':' .. table.concat(ids, ','))
end
local answer = {1, num(m[2])}
for i = 1, #ids do
  local e, p = redis.call('XRANGE', entries, ids[i], ids[i])[1], pendingOf(entries, ids[i])
  if e and p and p[2] == consumer then answer[#answer + 1] = {ids[i], p[4], e[2][6]} end
end
if #answer == 2 then
  if not m[4] or (m[3] and redis.call('XLEN', entries) == 0) then answer[1] = 0
  else redis.call('HSET', meta, 'w', '1') end
end
return answer
`,
);

/**
 * Removes entries that are done, where their consumer still has them.
 *
 * KEYS entries, meta, room · ARGV consumer, then for each: id, attempt, records. Answers how many.
 */
export const acknowledgeScript = script(
  "acknowledge",
  `${helpers}${pending}
local entries, meta, done = KEYS[1], KEYS[2], 0
if redis.call('HEXISTS', meta, 'o') == 0 then return 0 end
for i = 2, #ARGV, 3 do
  if isHeld(entries, ARGV[i], ARGV[1], ARGV[i + 1]) then
    redis.call('XACK', entries, '${group}', ARGV[i])
    redis.call('XDEL', entries, ARGV[i])
    redis.call('HINCRBY', meta, 'out', ARGV[i + 2])
    done = done + 1
  end
end
if done > 0 then wake(meta, KEYS[3]) end
return done
`,
);

/**
 * Keeps entries for a consumer that is still at work on them.
 *
 * KEYS entries · ARGV consumer, then for each: id, attempt
 */
export const keepScript = script(
  "keep",
  `${pending}
for i = 2, #ARGV, 2 do
  if isHeld(KEYS[1], ARGV[i], ARGV[1], ARGV[i + 1]) then
    redis.call('XCLAIM', KEYS[1], '${group}', ARGV[1], '0', ARGV[i], 'IDLE', '0', 'JUSTID')
  end
end
return 1
`,
);
