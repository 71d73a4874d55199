import { helpers, script } from "./scripts.ts";

/**
 * Begins an incarnation of a task: from here on earlier ones are refused. Answers nothing where the job has another owner.
 *
 * KEYS task, owner · ARGV nonce, store. Answers the whole hash of the task: `e` epoch, `p` progress, `o` next ordinal, and for each queue in
 * which outputs wait `w:<entries>` with its capacity.
 */
export const acquireScript = script(
  "acquire",
  `if redis.call('HGET', KEYS[2], 's') ~= ARGV[2] then return {} end
redis.call('HINCRBY', KEYS[1], 'e', 1)
redis.call('HSET', KEYS[1], 'n', ARGV[1])
return redis.call('HGETALL', KEYS[1])
`,
);

/**
 * Gives a task that was never opened a beginning.
 *
 * KEYS task, tables, then a hash for each table · ARGV progress, next ordinal, count of tables, then for each: name, count of
 * cells, then for each: field, value. Answers 0 when the task was opened before.
 */
export const restoreScript = script(
  "restore",
  `if redis.call('HEXISTS', KEYS[1], 'e') == 1 then return 0 end
redis.call('HSET', KEYS[1], 'p', ARGV[1], 'o', ARGV[2])
local at = 4
for t = 1, tonumber(ARGV[3]) do
  redis.call('SADD', KEYS[2], ARGV[at])
  local n = tonumber(ARGV[at + 1])
  at = at + 2
  redis.call('DEL', KEYS[2 + t])
  for _ = 1, n do
    redis.call('HSET', KEYS[2 + t], ARGV[at], ARGV[at + 1])
    at = at + 2
  end
end
return 1
`,
);

/** Moves what waits for room on, in its order, as far as it fits; answers for each queue: entries left, times of room. */
const moving = `
local function fits(meta, n, capacity)
  if n == 0 then return true end
  local m = redis.call('HMGET', meta, 'in', 'out')
  return num(m[1]) - num(m[2]) + n <= capacity
end
local function append(entries, meta, token, n, bytes)
  local total = redis.call('HINCRBY', meta, 'in', n)
  redis.call('XADD', entries, '*', 'u', token, 't', str(total), 'n', str(n), 'b', bytes)
end
local function move(task, entries, meta, waiting, capacity)
  while true do
    local n = redis.call('LINDEX', waiting, 0)
    if not n then
      redis.call('HDEL', task, 'w:' .. entries)
      return {0, 0}
    end
    if not isOpen(meta) then return {-1, 0} end
    if not fits(meta, tonumber(n), capacity) then
      redis.call('HSET', meta, 'w', '1')
      return {redis.call('LLEN', waiting) / 2, num(redis.call('HGET', meta, 'rv'))}
    end
    local times = str(redis.call('HINCRBY', task, 'mt', 1))
    redis.call('LPOP', waiting)
    local bytes = redis.call('LPOP', waiting)
    append(entries, meta, task .. ':m:' .. times, tonumber(n), bytes)
    redis.call('HSET', task, 'me', times)
  end
end
`;

/**
 * Applies a unit of work, or says why not (protocol C1 to C5: owner, repetition, sequence, input, and only then writes).
 *
 * KEYS task, tables, collected, letters, then for each queue: entries, meta, waiting, then a hash for each table, then for
 * each input that is a queue here: entries, meta, room · ARGV epoch, nonce, sequence, attempt, progress, next ordinal, counts of
 * queues, tables, inputs and letters, what is collected or an empty text, 1 when the task has finished, then for each input: entry, elements, records,
 * whole, token, then for each letter: id, text, then for each queue: capacity, count of entries, then for each: records,
 * bytes, then for each table: name, 1 when it is cleared, count set, then field and value of each, count deleted, then each
 * field. Answers {code, for each queue {entries left, times of room, records appended and committed in all}}: 1 applied, 0 applied before, -2 fenced, -3 mismatch,
 * -4 an input has vanished, -5 torn: units are counted at their beginning, in `b`, and at their end, in `s`.
 */
export const commitScript = script(
  "commit",
  `${helpers}${moving}
local task, tables = KEYS[1], KEYS[2]
local queues, count, inputs, letters = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local function left()
  local all = {}
  for q = 1, queues do
    local meta, waiting = KEYS[3 * q + 3], KEYS[3 * q + 4]
    local known = redis.call('HMGET', meta, 'rv', 'in', 'out')
    all[q] = {redis.call('LLEN', waiting) / 2, num(known[1]), num(known[2]), num(known[3])}
  end
  return all
end
local m = redis.call('HMGET', task, 'e', 'n', 's', 'a', 'b')
if m[1] ~= ARGV[1] or m[2] ~= ARGV[2] then return {-2} end
local done, sequence = num(m[3]), tonumber(ARGV[3])
if num(m[5]) ~= done then return {-5} end
if done == sequence and m[4] == ARGV[4] then return {0, left()} end
if done ~= sequence - 1 then return {-3} end
local firstInput = 4 + 3 * queues + count
for i = 1, inputs do
  local at, entries = 5 * i + 8, KEYS[firstInput + 3 * i - 2]
  if not reached(KEYS[firstInput + 3 * i - 1], ARGV[at], ARGV[at + 1]) then
    local e = redis.call('XRANGE', entries, ARGV[at], ARGV[at])
    if #e == 0 or e[1][2][2] ~= ARGV[at + 4] then return {-4} end
  end
end
local at = 13 + 5 * inputs
redis.call('HINCRBY', task, 'b', 1)
if ARGV[11] ~= '' then redis.call('RPUSH', KEYS[3], ARGV[11]) end
for _ = 1, letters do
  redis.call('HSET', KEYS[4], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for q = 1, queues do
  local entries, meta, waiting = KEYS[3 * q + 2], KEYS[3 * q + 3], KEYS[3 * q + 4]
  local capacity, n = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local open = isOpen(meta) and redis.call('EXISTS', waiting) == 0
  at = at + 2
  for i = 1, n do
    local records, bytes = tonumber(ARGV[at]), ARGV[at + 1]
    at = at + 2
    if open and fits(meta, records, capacity) then
      append(entries, meta, ARGV[4] .. ':' .. q .. ':' .. i, records, bytes)
    else
      open = false
      redis.call('RPUSH', waiting, str(records), bytes)
      redis.call('HSET', task, 'w:' .. entries, str(capacity))
      redis.call('HSET', meta, 'w', '1')
    end
  end
end
for t = 1, count do
  local hash = KEYS[4 + 3 * queues + t]
  if ARGV[at + 1] == '1' then redis.call('DEL', hash) end
  redis.call('SADD', tables, ARGV[at])
  local set = tonumber(ARGV[at + 2])
  at = at + 3
  for _ = 1, set do
    redis.call('HSET', hash, ARGV[at], ARGV[at + 1])
    at = at + 2
  end
  local gone = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, gone do
    redis.call('HDEL', hash, ARGV[at])
    at = at + 1
  end
end
for i = 1, inputs do
  local from, key = 5 * i + 8, firstInput + 3 * i - 2
  advance(KEYS[key], KEYS[key + 1], KEYS[key + 2], ARGV[from], ARGV[from + 1], ARGV[from + 2], ARGV[from + 3])
end
redis.call('HSET', task, 's', ARGV[3], 'a', ARGV[4], 'p', ARGV[5], 'o', ARGV[6])
if ARGV[12] == '1' then redis.call('HSET', task, 'f', '1') end
return {1, left()}
`,
);

/**
 * Appends an entry unless all of some tasks have finished. Its records are numbered behind those that were appended like this
 * on their channel, and the dead letter that they are made of is forgotten. A store numbers its requests; the same number again is
 * answered again.
 *
 * KEYS entries, meta, room, owner, letters, then a hash for each task · ARGV store, number, capacity, channel, id of the letter,
 * records, bytes. Answers {state, times of room or number of the first record}: 1 when it is there, 0 when there is no room, -1
 * when the queue is closed, -2 when all tasks have finished, -3 fenced.
 */
export const putBeforeScript = script(
  "put-before",
  `${helpers}${moving}
local entries, meta = KEYS[1], KEYS[2]
if redis.call('HGET', KEYS[4], 's') ~= ARGV[1] then return {-3, 0} end
local last, channel, n = 'u:' .. ARGV[1], 'q:' .. ARGV[4], tonumber(ARGV[6])
local m = redis.call('HMGET', meta, 'rv', last, channel)
if m[2] then
  local number, first = string.match(m[2], '^(%d+):(%d+)$')
  if number == ARGV[2] then return {1, tonumber(first)} end
end
if not isOpen(meta) then return {-1, 0} end
local finished = true
for t = 6, #KEYS do finished = finished and redis.call('HEXISTS', KEYS[t], 'f') == 1 end
if finished then return {-2, 0} end
if not fits(meta, n, tonumber(ARGV[3])) then
  redis.call('HSET', meta, 'w', '1')
  return {0, num(m[1])}
end
local first = num(m[3])
local total = redis.call('HINCRBY', meta, 'in', n)
redis.call('XADD', entries, '*', 'u', ARGV[1] .. ':' .. ARGV[2], 't', total, 'n', n, 'b', ARGV[7], 'q', first)
redis.call('HDEL', KEYS[5], ARGV[5])
redis.call('HSET', meta, last, ARGV[2] .. ':' .. str(first), channel, str(first + n))
return {1, first}
`,
  { appends: true },
);

/**
 * Forgets a dead letter, where the job is this store's.
 *
 * KEYS letters, owner · ARGV id, store
 */
export const discardScript = script(
  "discard",
  `if redis.call('HGET', KEYS[2], 's') ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
`,
);

/**
 * Moves on what waits for room.
 *
 * KEYS task, then for each queue: entries, meta, waiting · ARGV epoch, nonce, then the capacity of each queue. Answers {code, for
 * each queue {entries left, times of room}}: 1, or -2 fenced, or -5 torn. Of a queue that was closed -1 are left.
 */
export const moveScript = script(
  "move",
  `${helpers}${moving}
local m = redis.call('HMGET', KEYS[1], 'e', 'n', 'mt', 'me')
if m[1] ~= ARGV[1] or m[2] ~= ARGV[2] then return {-2} end
if m[3] ~= m[4] then return {-5} end
local all = {}
for q = 1, #ARGV - 2 do
  all[q] = move(KEYS[1], KEYS[3 * q - 1], KEYS[3 * q], KEYS[3 * q + 1], tonumber(ARGV[2 + q]))
end
return {1, all}
`,
);
