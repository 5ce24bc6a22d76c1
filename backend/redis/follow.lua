-- KEYS: the marker, the stream of changes. ARGV: the prefix, the id of the last change that is known ("" for none),
-- how many changes and names are enough.
-- Returns the fields of the marker; the ids of the last change known then and of the last one read; whether there
-- are more; and the names that changed with what stands there now: a string, false for nothing, 0 for a key of
-- another type.
local prefix, last, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local meta = redis.call('HMGET', KEYS[1], 'format', 'generation', 'history')
local entries = redis.call('XRANGE', KEYS[2], last == '' and '-' or last, '+', 'COUNT', most + 1)
local first, read, more, seen, values = '', last, 0, {}, {}
for i, entry in ipairs(entries) do
  if i == 1 then
    first = entry[1]
  end
  if entry[1] ~= last then
    if i > most or #values >= 2 * most then
      more = 1
      break
    end
    read = entry[1]
    for f = 2, #entry[2], 2 do
      local digits = entry[2][f]
      if seen[digits] == nil and #digits <= 15 and not string.find(digits, '%D') then
        seen[digits] = true
        local value = redis.pcall('GET', prefix .. digits)
        if type(value) == 'table' then
          if string.sub(value.err, 1, 9) ~= 'WRONGTYPE' then
            return value
          end
          value = 0
        end
        values[#values + 1] = digits
        values[#values + 1] = value
      end
    end
  end
end
return {meta, first, read, more, values}
