-- KEYS: the marker, the index. ARGV: the prefix, then the digits of numbers.
-- Returns the fields of the marker; for each number whether something lies below it; and what stands at the
-- numbers and at their prefixes, each once.
local prefix, seen, values, below = ARGV[1], {}, {}, {}
for i = 2, #ARGV do
  local digits = ARGV[i]
  for l = 1, #digits do
    local part = string.sub(digits, 1, l)
    if seen[part] == nil then
      local value = redis.pcall('GET', prefix .. part)
      if type(value) == 'table' then
        if string.sub(value.err, 1, 9) ~= 'WRONGTYPE' then
          return value
        end
        value = 0
      end
      seen[part] = value ~= false
      if value then
        values[#values + 1] = part
        values[#values + 1] = value
      end
    end
  end
  if seen[digits] then
    below[i - 1] = 0
  else
    below[i - 1] = #redis.call('ZRANGEBYLEX', KEYS[2], '(' .. digits, '(' .. digits .. ':', 'LIMIT', 0, 1)
  end
end
return {redis.call('HMGET', KEYS[1], 'format', 'generation', 'history'), below, values}
