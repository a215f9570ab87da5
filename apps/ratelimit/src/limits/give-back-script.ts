/**
 * Takes back what was not used of allotments, each once: its record is gone with the first time, and with the memory of a
 * store that has lost some. Only windows that are still the ones that were charged, and never more than was.
 *
 * KEYS: for each allotment its own key, then its subjects. ARGV: for each allotment the units, and the number of its subjects.
 * A record is its units, and of each window that was charged the place of its subject, its length and its start.
 */
export const GIVE_BACK_SCRIPT = `
local key, arg = 1, 1
while ARGV[arg] do
  local units, count = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1])
  local packed = redis.call('GET', KEYS[key])
  if packed then
    redis.call('DEL', KEYS[key])
    local record, charged = cmsgpack.unpack(packed), {}
    units = math.min(units, record[1])
    for at = 2, #record, 3 do charged[record[at] .. ':' .. record[at + 1] .. ':' .. record[at + 2]] = true end
    for place = 1, count do
      local windows = redis.call('HGET', KEYS[key + place], 'windows')
      if windows then
        local values = cmsgpack.unpack(windows)
        for at = 1, #values, 3 do
          if charged[place .. ':' .. values[at] .. ':' .. values[at + 1]] then
            values[at + 2] = math.max(0, values[at + 2] - units)
          end
        end
        redis.call('HSET', KEYS[key + place], 'windows', cmsgpack.pack(values))
      end
    end
  end
  key, arg = key + 1 + count, arg + 2
end
`;
