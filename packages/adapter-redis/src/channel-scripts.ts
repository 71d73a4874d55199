import { script } from "./scripts.ts";

/**
 * The hash of a seat: `e` its latest holder's epoch, `h` that holder's nonce (empty when the seat is free), `r` how often it
 * was renewed, `w` that somebody waits for news of it. A holder whose epoch is later than what the server knows is one that
 * the server has forgotten: it has the seat, and the server is told so again.
 */
const helpers = `
local function holds(seat, epoch, nonce)
  local m = redis.call('HMGET', seat, 'e', 'h')
  if m[1] == epoch and m[2] == nonce then return true end
  if tonumber(m[1] or '0') >= tonumber(epoch) then return false end
  redis.call('HSET', seat, 'e', epoch, 'h', nonce, 'r', '0')
  return true
end
local function tell(seat, word)
  if redis.call('HDEL', seat, 'w') == 0 then return end
  redis.call('XADD', word, 'MAXLEN', '1', '*', 'w', '1')
  redis.call('PEXPIRE', word, 60000)
end
local function wait(seat, word)
  redis.call('HSET', seat, 'w', '1')
  local last = redis.call('XREVRANGE', word, '+', '-', 'COUNT', '1')
  return last[1] and last[1][1] or '0-0'
end
`;

/**
 * Takes a seat, or answers who has it. Epochs go by the server's clock, so that none is given twice where a seat was forgotten.
 * What was for earlier holders alone is dropped. Asked again, the same holder is answered alike.
 *
 * KEYS seat, inbox, word, sent · ARGV nonce, 1 to take it from who has it, epoch and renewals of a holder that is dead.
 * Answers {1, epoch} or {0, epoch, renewals, the last word}.
 */
export const joinScript = script(
  "join",
  `${helpers}
local m = redis.call('HMGET', KEYS[1], 'e', 'h', 'r')
if m[2] == ARGV[1] then return {1, m[1]} end
local dead = m[1] == ARGV[3] and m[3] == ARGV[4]
if m[2] and m[2] ~= '' and ARGV[2] ~= '1' and not dead then
  return {0, m[1], m[3], wait(KEYS[1], KEYS[3])}
end
local t = redis.call('TIME')
local epoch = math.max(tonumber(m[1] or '0') + 1, tonumber(t[1]) * 1000000 + tonumber(t[2]))
epoch = string.format('%.0f', epoch)
redis.call('HSET', KEYS[1], 'e', epoch, 'h', ARGV[1], 'r', '0', 'w', '1')
redis.call('DEL', KEYS[4])
redis.call('PERSIST', KEYS[2])
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 't' and entry[2][i + 1] ~= '' then redis.call('XDEL', KEYS[2], entry[1]) end
  end
end
tell(KEYS[1], KEYS[3])
return {1, epoch}
`,
);

/**
 * Says that a holder is there. Answers the last word of the seat, and nothing where the seat is somebody else's.
 *
 * KEYS seat, word · ARGV epoch, nonce
 */
export const renewScript = script(
  "renew",
  `${helpers}
if not holds(KEYS[1], ARGV[1], ARGV[2]) then return false end
redis.call('HINCRBY', KEYS[1], 'r', 1)
return wait(KEYS[1], KEYS[2])
`,
);

/**
 * Puts a message into an inbox that has room; one for a name that nobody holds is kept for a day. Messages of one holder to one name have numbers: one that is there is not put
 * again.
 *
 * KEYS sender's seat, what it has sent, receiver's seat, its inbox, its word · ARGV epoch, nonce, number, sender, receiver, its
 * epoch or an empty text, capacity, body. Answers {state, the last word}: 1 done, 0 its receiver is gone, 2 no room, -1 the
 * seat is somebody else's.
 */
export const sendScript = script(
  "send",
  `${helpers}
if not holds(KEYS[1], ARGV[1], ARGV[2]) then return {-1, ''} end
local sent = redis.call('HGET', KEYS[2], ARGV[5])
if sent then
  local number, state = string.match(sent, '^(%d+):(%d)$')
  if tonumber(number) >= tonumber(ARGV[3]) then return {tonumber(state), ''} end
end
local state = 1
if ARGV[6] ~= '' then
  local m = redis.call('HMGET', KEYS[3], 'e', 'h')
  if (m[1] ~= ARGV[6] or m[2] == '') and tonumber(m[1] or ARGV[6]) >= tonumber(ARGV[6]) then state = 0 end
end
if state == 1 then
  if redis.call('XLEN', KEYS[4]) >= tonumber(ARGV[7]) then return {2, wait(KEYS[3], KEYS[5])} end
  redis.call('XADD', KEYS[4], '*', 'f', ARGV[4], 'e', ARGV[1], 't', ARGV[6], 'b', ARGV[8])
  if (redis.call('HGET', KEYS[3], 'h') or '') == '' then redis.call('PEXPIRE', KEYS[4], 86400000) end
end
redis.call('HSET', KEYS[2], ARGV[5], ARGV[3] .. ':' .. state)
return {state, ''}
`,
  { appends: true },
);

/**
 * Drops messages that are dealt with. Answers 0 where the seat is somebody else's.
 *
 * KEYS seat, inbox, word · ARGV epoch, nonce, ids
 */
export const settleScript = script(
  "settle",
  `${helpers}
if not holds(KEYS[1], ARGV[1], ARGV[2]) then return 0 end
if redis.call('XDEL', KEYS[2], unpack(ARGV, 3)) > 0 then tell(KEYS[1], KEYS[3]) end
return 1
`,
);

/**
 * Gives a seat back, if it is that holder's; nothing stays of one that nobody waits for and where nothing is left.
 *
 * KEYS seat, inbox, word, sent · ARGV epoch, nonce
 */
export const leaveScript = script(
  "leave",
  `${helpers}
if not holds(KEYS[1], ARGV[1], ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'h', '', 'w', '1')
redis.call('DEL', KEYS[4])
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 't' and entry[2][i + 1] ~= '' then redis.call('XDEL', KEYS[2], entry[1]) end
  end
end
tell(KEYS[1], KEYS[3])
if redis.call('XLEN', KEYS[2]) == 0 then redis.call('DEL', KEYS[1], KEYS[2]) end
return 1
`,
);

/**
 * Notes something under a key, or removes it. A key keeps the number that it got when it was first set.
 *
 * KEYS seat, notes · ARGV epoch, nonce, key, value or an empty text. Answers 0 where the seat is somebody else's.
 */
export const noteScript = script(
  "note",
  `${helpers}
if not holds(KEYS[1], ARGV[1], ARGV[2]) then return 0 end
local field = 'k:' .. ARGV[3]
if ARGV[4] == '' then
  redis.call('HDEL', KEYS[2], field)
  if redis.call('HLEN', KEYS[2]) == 1 then redis.call('DEL', KEYS[2]) end
  return 1
end
local known = redis.call('HGET', KEYS[2], field)
local n = known and string.match(known, '^%d+') or redis.call('HINCRBY', KEYS[2], 'n', 1)
redis.call('HSET', KEYS[2], field, n .. ':' .. ARGV[4])
return 1
`,
  { appends: true },
);
