import { KNOWN_FOR_MS } from '@gatehouse/limit-domain/issued-allotments';
import { ALGORITHMS_SCRIPT } from './algorithms-script.js';

/** How long a counter outlives its windows, for replies and clocks that are a little late. */
const SLACK_MS = 5_000;

/**
 * Decides a batch of queries in one step that nothing can come between. A subject is one hash. Its field `windows` is a
 * MessagePack array of length, start and use of each of its fixed windows; its field `more`, where there are others, their
 * counters (algorithms-script.ts). Each subject is read once and written once, however many queries of the batch name it.
 *
 * KEYS: the store's own record, then each subject, and each allotment, that the queries name. All have one hash tag, so that a
 * cluster holds them together.
 * ARGV: the time in milliseconds, or '' for that of the server; the highest batch that the asker has had an answer to;
 * what it takes an empty store for, new or lost; the queries, as JSON: one list of numbers, for each query its cost, the place
 * of its allotment among KEYS (0: it is a request), its number of subjects, and for each of these the places of its key and of
 * its plan; then each plan, as `seconds:quota;seconds:quota:s;seconds:quota:t!:burst;` (`planText` writes it).
 * Reply: the time in milliseconds, the number of this batch, the time since which nothing is forgotten (0: ever);
 * then for each query 1 or 0 (allowed or not), 2 more where a window began before that time, and for each limit: of a fixed window what
 * was used before and the second at which it started; of another one what is used now, when there is more, how long it has
 * to be waited for; of one in shadow 1 where it would have refused, else 0.
 *
 * A window that started later than now is kept as long as it is the next one: that is a clock set back, see `FixedWindow`.
 */
export const TAKE_ALL_SCRIPT = `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local nowSeconds = math.floor(now / 1000)
${ALGORITHMS_SCRIPT}
-- A plan is the same for many subjects: each is read once.
local function readPlan(text)
  local plan = {}
  for seconds, quota, rest in string.gmatch(text, '(%d+):(%d+)([^;]*);') do
    seconds = tonumber(seconds)
    local limit = { seconds = seconds, quota = tonumber(quota), start = nowSeconds - nowSeconds % seconds }
    if rest ~= '' then
      limit.kind = string.match(rest, '%a!?')
      limit.algorithm = algorithms[limit.kind]
      limit.isShadow = string.sub(limit.kind, 2) == '!'
      limit.capacity = tonumber(string.match(rest, '%d+')) or limit.quota
    end
    plan[#plan + 1] = limit
  end
  return plan
end
local plans = {}
for place = 5, #ARGV do plans[place - 4] = readPlan(ARGV[place]) end

local subjects = {}
local function load(key)
  local subject = { changed = false, ends = 0 }
  subjects[key] = subject
  local fields = redis.call('HGETALL', key)
  for at = 1, #fields, 2 do
    if fields[at] == 'windows' then
      local values = cmsgpack.unpack(fields[at + 1])
      for index = 1, #values, 3 do
        local seconds, start = values[index], values[index + 1]
        subject[(index + 2) / 3] = { seconds = seconds, start = start, used = values[index + 2] }
        if start + seconds > subject.ends then subject.ends = start + seconds end
      end
    else
      subject.more = unpackMore(fields[at + 1])
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
        if window.start < start then window.used = 0 else subject.changed = true end
        window.start = start
      end
      return window
    end
  end
  local window = { seconds = seconds, start = start, used = subject.more and usedOf(subject, seconds) or 0 }
  if window.used > 0 then subject.changed = true end
  subject[#subject + 1] = window
  return window
end

-- Each batch has a number. Where the store has counted fewer than the asker knows of, it has lost some of its memory.
local own = {}
local fields = redis.call('HGETALL', KEYS[1])
for at = 1, #fields, 2 do own[fields[at]] = tonumber(fields[at + 1]) end
local batch, since, known = own.batch or 0, own.since or 0, tonumber(ARGV[2])
if batch < known or (batch == 0 and ARGV[3] == 'lost') then since = now end
batch = math.max(batch, known) + 1
redis.call('HSET', KEYS[1], 'batch', batch, 'since', since)

local reply, length = { now, batch, since }, 3
local asked, next = cjson.decode(ARGV[4]), 1
while asked[next] do
  local cost, allotment = asked[next], KEYS[asked[next + 1]]
  local first, last = next + 3, next + 2 + 2 * asked[next + 2]
  local verdictAt, allowed, uncertain = length + 1, 1, 0
  local taken, before, count = {}, {}, 0
  local others
  length = verdictAt
  for at = first, last, 2 do
    local name = KEYS[asked[at]]
    local subject = subjects[name] or load(name)
    local plan = plans[asked[at + 1]]
    for index = 1, #plan do
      local limit = plan[index]
      if limit.kind then
        local counter = counterOf(subject, limit)
        local wait = limit.algorithm.wait(counter, limit, cost)
        if not limit.isShadow then
          if wait > 0 then allowed = 0 end
          if since > limit.algorithm.reachesBackTo(counter, limit) then uncertain = 2 end
        end
        others = others or {}
        others[#others + 1] = { counter = counter, limit = limit, at = length + 1, wait = wait }
        reply[length + 1] = 0
        length = length + 1
        if not limit.isShadow then
          reply[length + 1], reply[length + 2] = 0, 0
          length = length + 2
        end
      else
        local window = windowOf(subject, limit)
        local used = window.used
        if used + cost > limit.quota then allowed = 0 end
        if since > window.start * 1000 then uncertain = 2 end
        count = count + 1
        taken[count], before[count] = window, used
        reply[length + 1] = used
        reply[length + 2] = window.start
        length = length + 2
      end
    end
  end
  -- What nobody is certain of is not charged ahead.
  if allotment and uncertain > 0 then allowed = 0 end
  reply[verdictAt] = allowed + uncertain
  if allowed == 1 then
    if allotment then
      local record = { cost }
      for at = first, last, 2 do
        local subject = subjects[KEYS[asked[at]]]
        for _, limit in ipairs(plans[asked[at + 1]]) do
          local size = #record
          record[size + 1], record[size + 2] = (at - first) / 2 + 1, limit.seconds
          record[size + 3] = windowOf(subject, limit).start
        end
      end
      redis.call('SET', allotment, cmsgpack.pack(record), 'PX', ${KNOWN_FOR_MS})
    end
    -- A window that the query names twice is set twice to the same value.
    for index = 1, count do taken[index].used = before[index] + cost end
    local named
    for _, other in ipairs(others or {}) do
      named = named or {}
      if other.limit.isShadow and other.wait > 0 then
        reply[other.at] = 1
      elseif not named[other.counter] then
        other.limit.algorithm.charge(other.counter, cost)
      end
      named[other.counter] = true
    end
    for at = first, last, 2 do
      local subject = subjects[KEYS[asked[at]]]
      subject.changed = true
      if subject.more then
        named = named or {}
        for index = 1, count do named[taken[index]] = true end
        chargeOthers(subject, plans[asked[at + 1]], named, cost)
      end
    end
  end
  for _, other in ipairs(others or {}) do
    if not other.limit.isShadow then
      local algorithm, at = other.limit.algorithm, other.at
      reply[at], reply[at + 1] = algorithm.used(other.counter), algorithm.moreAt(other.counter, other.limit)
      reply[at + 2] = allowed == 1 and 0 or other.wait
    end
  end
  next = last + 1
end

for name, subject in pairs(subjects) do
  if subject.changed then
    local values, ends = {}, 0
    for index = 1, #subject do
      local window = subject[index]
      values[index * 3 - 2], values[index * 3 - 1], values[index * 3] = window.seconds, window.start, window.used
      ends = math.max(ends, window.start + window.seconds)
    end
    -- Windows alone end when the longest of them does: mostly that is when they ended before.
    local isMoved = subject.more or ends ~= subject.ends
    ends = ends * 1000
    if subject.more then
      for _, counter in ipairs(subject.more) do ends = math.max(ends, algorithms[counter.kind].ends(counter)) end
      redis.call('HSET', name, 'windows', cmsgpack.pack(values), 'more', packMore(subject.more))
    else
      redis.call('HSET', name, 'windows', cmsgpack.pack(values))
    end
    if isMoved then redis.call('PEXPIRE', name, math.max(1, ends - now) + ${SLACK_MS}) end
  end
end
return reply
`;
