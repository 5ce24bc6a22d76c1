-- KEYS: the marker, the stream of changes, the index. ARGV: the prefix, the id of the last change that is known (""
-- for none), how many changes and names are enough, the octets that a value may have.
-- Returns the fields of the marker; the ids of the last change known then and of the last one read; whether there
-- are more; and the names that changed with what stands there now: a string, false for nothing, or 0 for a key of
-- another type, 1 for a value that is too large, 2 for a name of the index that has no key.
local role = redis.call('INFO', 'replication')
if string.find(role, 'role:slave', 1, true) and not string.find(role, 'master_link_status:up', 1, true) then
  return redis.error_reply('MASTERDOWN')
end
local prefix, last, most, largest = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local meta = redis.call('HMGET', KEYS[1], 'format', 'generation', 'history', 'index')
local entries = redis.call('XRANGE', KEYS[2], last == '' and '-' or last, '+', 'COUNT', most + 1)
local first, read, more, seen, values, octets = '', last, 0, {}, {}, 0
for i, entry in ipairs(entries) do
  if i == 1 then
    first = entry[1]
  end
  if entry[1] ~= last then
    if i > most or #values >= 2 * most or octets > 16 * largest then
      more = 1
      break
    end
    read = entry[1]
    for f = 2, #entry[2], 2 do
      local digits = entry[2][f]
      if seen[digits] == nil and #digits <= 15 and not string.find(digits, '%D') then
        seen[digits] = true
        local value = redis.pcall('GETRANGE', prefix .. digits, 0, largest)
        if type(value) == 'table' then
          if string.sub(value.err, 1, 9) ~= 'WRONGTYPE' then
            return value
          end
          value = 0
        elseif #value > largest then
          value = 1
        elseif value == '' then
          value = redis.call('GET', prefix .. digits)
          if not value and redis.call('ZSCORE', KEYS[3], digits) then
            value = 2
          elseif not value then
            local least = redis.call('ZRANGEBYLEX', KEYS[3], '-', '+', 'LIMIT', 0, 1)[1]
            if not least or meta[4] and least ~= '-' then
              return redis.error_reply('NOINDEX')
            end
          end
        else
          octets = octets + #value
        end
        values[#values + 1] = digits
        values[#values + 1] = value
      end
    end
  end
end
return {meta, first, read, more, values}
