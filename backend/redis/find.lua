-- KEYS: the marker, the index. ARGV: the prefix, the octets that a value may have, a token, then the digits of
-- numbers. Returns the fields of the marker; for each number whether something lies below it, -1 for one that is not
-- there and would be missed if the index were whole, which it is not; what stands at the
-- numbers and at their prefixes, each once: a string, or 0 for a key of another type, 1 for a value that is too
-- large, 2 for a name of the index that has no key; and the token, by which the reply is known to be to this call.
local role = redis.call('INFO', 'replication')
if string.find(role, 'role:slave', 1, true) and not string.find(role, 'master_link_status:up', 1, true) then
  return redis.error_reply('MASTERDOWN')
end
local meta = redis.call('HMGET', KEYS[1], 'format', 'generation', 'history', 'index', 'lengths', 'lengths_at')
-- Where blocks and delegations stand: at names of these lengths, if that was said of this very generation.
local lengths = {}
if meta[2] and meta[5] and meta[2] == meta[6] then
  for length in string.gmatch(meta[5], '%d+') do
    lengths[#lengths + 1] = tonumber(length)
  end
else
  for length = 1, 15 do
    lengths[length] = length
  end
end
local prefix, most = ARGV[1], tonumber(ARGV[2])
local seen, missed, values, below = {}, {}, {}, {}

local function put(digits, value)
  seen[digits] = true
  values[#values + 1] = digits
  values[#values + 1] = value
end

local function look(digits)
  if seen[digits] == nil then
    seen[digits] = false
    local value = redis.pcall('GETRANGE', prefix .. digits, 0, most)
    if type(value) == 'table' then
      if string.sub(value.err, 1, 9) ~= 'WRONGTYPE' then
        return value
      end
      put(digits, 0)
    elseif #value > most then
      put(digits, 1)
    elseif value ~= '' then
      put(digits, value)
    end
  end
end

-- Nothing was read there: the key may be empty, or one that Redis threw away.
local function miss(digits)
  if not seen[digits] and not missed[digits] then
    missed[digits] = true
    local value = redis.call('GET', prefix .. digits)
    if value then
      put(digits, value)
    elseif redis.call('ZSCORE', KEYS[2], digits) then
      put(digits, 2)
    end
  end
end

-- Whether the index is whole: Redis may have thrown it away, with the numbers that it would tell of.
local whole
local function isWhole()
  if whole == nil then
    local first = redis.call('ZRANGEBYLEX', KEYS[2], '-', '+', 'LIMIT', 0, 1)[1]
    whole = first == '-' or first ~= nil and not meta[4]
  end
  return whole
end

for i = 4, #ARGV do
  local digits = ARGV[i]
  local fault = look(digits)
  for _, length in ipairs(lengths) do
    if length < #digits then
      fault = fault or look(string.sub(digits, 1, length))
    end
  end
  if fault then
    return fault
  end
  if not seen[digits] then
    miss(digits)
    for _, length in ipairs(lengths) do
      if length < #digits then
        miss(string.sub(digits, 1, length))
      end
    end
  end
  if seen[digits] then
    below[i - 3] = 0
  elseif not isWhole() then
    below[i - 3] = -1
  else
    below[i - 3] = #redis.call('ZRANGEBYLEX', KEYS[2], '(' .. digits, '(' .. digits .. ':', 'LIMIT', 0, 1)
  end
end
return {meta, below, values, ARGV[3]}
