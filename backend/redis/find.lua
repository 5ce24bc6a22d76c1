-- KEYS: the marker, the index. ARGV: the prefix, then the digits of numbers.
-- Returns the fields of the marker; for each number whether something lies below it; and what stands at the
-- numbers and at their prefixes, each once.
local meta = redis.call('HMGET', KEYS[1], 'format', 'generation', 'history', 'lengths', 'lengths_at')
-- Where blocks and delegations stand: at names of these lengths, if that was said of this very generation.
local lengths = {}
if meta[2] and meta[4] and meta[2] == meta[5] then
  for length in string.gmatch(meta[4], '%d+') do
    lengths[#lengths + 1] = tonumber(length)
  end
else
  for length = 1, 15 do
    lengths[length] = length
  end
end
local prefix, seen, values, below = ARGV[1], {}, {}, {}

local function look(digits)
  if seen[digits] == nil then
    local value = redis.pcall('GET', prefix .. digits)
    if type(value) == 'table' then
      if string.sub(value.err, 1, 9) ~= 'WRONGTYPE' then
        return value
      end
      value = 0
    end
    seen[digits] = value ~= false
    if value then
      values[#values + 1] = digits
      values[#values + 1] = value
    end
  end
end

for i = 2, #ARGV do
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
  if seen[digits] then
    below[i - 1] = 0
  else
    below[i - 1] = #redis.call('ZRANGEBYLEX', KEYS[2], '(' .. digits, '(' .. digits .. ':', 'LIMIT', 0, 1)
  end
end
return {meta, below, values}
