/** How long a counter outlives its windows, for replies and clocks that are a little late. */
const SLACK_MS = 5_000;

/**
 * Decides a batch of queries in one step that nothing can come between. A subject is one hash with one field, `windows`:
 * a MessagePack array of length, start and use of each of its windows. Each subject is read once and written once,
 * however many queries of the batch name it.
 *
 * KEYS: the subjects, in the order in which the queries name them.
 * ARGV: the time in milliseconds, or '' for that of the server; then for each query: cost, number of subjects, and for
 * each subject its limits as `seconds:quota;seconds:quota;`.
 * Reply: the time in milliseconds; then for each query 1 or 0 (allowed or not), and for each window what was used before
 * and the second at which it started.
 *
 * A window that started later than now is kept as long as it is the next one: that is a clock set back, see `turnOver`.
 */
export const TAKE_ALL_SCRIPT = `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local nowSeconds = math.floor(now / 1000)

-- A plan is the same text for all of its subjects: read it once.
local plans = {}
local function planOf(text)
  local plan = plans[text]
  if plan then return plan end
  plan = {}
  for seconds, quota in string.gmatch(text, '(%d+):(%d+);') do
    seconds = tonumber(seconds)
    plan[#plan + 1] = { seconds = seconds, quota = tonumber(quota), start = nowSeconds - nowSeconds % seconds }
  end
  plans[text] = plan
  return plan
end

local subjects = {}
local function load(key)
  local subject = { changed = false }
  subjects[key] = subject
  local packed = redis.call('HGETALL', key)[2]
  if packed then
    local values = cmsgpack.unpack(packed)
    for index = 1, #values, 3 do
      subject[(index + 2) / 3] = { seconds = values[index], start = values[index + 1], used = values[index + 2] }
    end
  end
  return subject
end

local function windowOf(subject, limit)
  local seconds, start = limit.seconds, limit.start
  for index = 1, #subject do
    local window = subject[index]
    if window.seconds == seconds then
      if window.start ~= start and window.start ~= start + seconds then
        window.used = 0
        window.start = start
      end
      return window
    end
  end
  local window = { seconds = seconds, start = start, used = 0 }
  subject[#subject + 1] = window
  return window
end

local reply, length = { now }, 1
local key, arg = 0, 2
while ARGV[arg] do
  local cost = tonumber(ARGV[arg])
  local first, last = arg + 2, arg + 1 + ARGV[arg + 1]
  local verdictAt, allowed = length + 1, 1
  local taken, count = {}, 0
  length = verdictAt
  for at = first, last do
    key = key + 1
    local subject = subjects[KEYS[key]] or load(KEYS[key])
    local plan = planOf(ARGV[at])
    for index = 1, #plan do
      local limit = plan[index]
      local window = windowOf(subject, limit)
      if window.used + cost > limit.quota then allowed = 0 end
      count = count + 1
      taken[count] = window
      reply[length + 1] = window.used
      reply[length + 2] = window.start
      length = length + 2
    end
  end
  reply[verdictAt] = allowed
  if allowed == 1 then
    -- A window that the query names twice is set twice to the same value.
    for index = 1, count do taken[index].used = reply[verdictAt + 2 * index - 1] + cost end
    for at = key - (last - first), key do subjects[KEYS[at]].changed = true end
  end
  arg = last + 1
end

for name, subject in pairs(subjects) do
  if subject.changed then
    local values, ends = {}, 0
    for index = 1, #subject do
      local window = subject[index]
      values[index * 3 - 2], values[index * 3 - 1], values[index * 3] = window.seconds, window.start, window.used
      ends = math.max(ends, window.start + window.seconds)
    end
    redis.call('HSET', name, 'windows', cmsgpack.pack(values))
    redis.call('PEXPIRE', name, math.max(1, ends * 1000 - now) + ${SLACK_MS})
  end
end
return reply
`;
