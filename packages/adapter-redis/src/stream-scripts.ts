import { script } from "./scripts.ts";

/** Appends entries that are written as one list: for each how many names and values it has, and then these. */
const appendAll = `
local function appendAll(stream, list, from)
  local at, last = from, #list
  while at <= last do
    local n = tonumber(list[at])
    redis.call('XADD', stream, '*', unpack(list, at + 1, at + n))
    at = at + n + 1
  end
end
`;

/**
 * Where a stream stands.
 *
 * KEYS stream. Answers how many entries were removed, the last id that was given, and how many entries there
 * are; or nothing where there is no stream.
 */
export const standScript = script(
  "stand",
  `if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
local found = {}
for i = 1, #info, 2 do found[info[i]] = info[i + 1] end
return {found['entries-added'] - found['length'], found['last-generated-id'], found['length']}
`,
);

/**
 * Removes entries up to one.
 *
 * KEYS stream · ARGV the id behind it
 */
export const trimScript = script("trim", "return redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1])\n");

/**
 * Begins a writer: an earlier one of its name is fenced.
 *
 * KEYS writer · ARGV nonce. Answers the number of its last append.
 */
export const writeScript = script(
  "write",
  `redis.call('HSET', KEYS[1], 'n', ARGV[1])
return tonumber(redis.call('HGET', KEYS[1], 's') or '0')
`,
);

/**
 * Appends entries, once.
 *
 * KEYS stream, writer · ARGV nonce, number of the append, then entries. Answers 1, or 0 when it was done before, or -1 when it
 * was replaced, or -2 when an append before it is missing.
 */
export const appendOnceScript = script(
  "append-once",
  `${appendAll}
local m = redis.call('HMGET', KEYS[2], 'n', 's')
if m[1] ~= ARGV[1] then return -1 end
local last, number = tonumber(m[2] or '0'), tonumber(ARGV[2])
if number <= last then return 0 end
if number > last + 1 then return -2 end
appendAll(KEYS[1], ARGV, 3)
redis.call('HSET', KEYS[2], 's', ARGV[2])
return 1
`,
  { appends: true },
);

/**
 * Keeps the entries of one transaction where nobody reads them.
 *
 * KEYS writer, staged · ARGV nonce, sequence, then entries. Answers -1 when the writer was replaced.
 */
export const stageScript = script(
  "stage",
  `if redis.call('HGET', KEYS[1], 'n') ~= ARGV[1] then return -1 end
redis.call('DEL', KEYS[2])
for i = 3, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
redis.call('HSET', KEYS[1], 't:' .. ARGV[2], '1')
return 1
`,
  { appends: true },
);

/**
 * Appends what is staged for one transaction, or drops it.
 *
 * KEYS stream, writer, staged · ARGV nonce, sequence, 1 to append it. Answers -1 when the writer was replaced, -2 when what was staged
 * is lost, else 1.
 */
export const publishScript = script(
  "publish",
  `${appendAll}
local m = redis.call('HMGET', KEYS[2], 'n', 'p', 't:' .. ARGV[2])
if m[1] ~= ARGV[1] then return -1 end
if not m[3] then
  if ARGV[3] ~= '1' or tonumber(m[2] or '-1') >= tonumber(ARGV[2]) then return 1 end
  return -2
end
if ARGV[3] == '1' then
  appendAll(KEYS[1], redis.call('LRANGE', KEYS[3], 0, -1), 1)
  redis.call('HSET', KEYS[2], 'p', ARGV[2])
end
redis.call('DEL', KEYS[3])
redis.call('HDEL', KEYS[2], 't:' .. ARGV[2])
return 1
`,
);

/**
 * Ends a writer that has nothing staged.
 *
 * KEYS writer · ARGV nonce
 */
export const endWriterScript = script(
  "end-writer",
  `if redis.call('HGET', KEYS[1], 'n') ~= ARGV[1] then return 0 end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 2) == 't:' then return 0 end
end
return redis.call('DEL', KEYS[1])
`,
);
