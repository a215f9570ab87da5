import { CHARGES_MAX, PARTS } from '@gatehouse/limit-domain/sliding-window';
import { PRODUCT_MAX } from '@gatehouse/limit-domain/token-bucket';

/**
 * The algorithms of `libs/limit-domain` as Lua, for what is not a fixed window that is enforced: those stay in the loop of
 * `take-all-script.ts`. The same whole numbers, step by step; `limit-store.conformance.ts` compares them.
 *
 * A counter is a table with `seconds`, `kind` (f, s or t; with ! in shadow) and `named`, when a query named it last.
 * `advance` says whether the clock was set back, `reachesBackTo` since when charges may count; `pack` and `unpack` are about what an algorithm keeps beside these. Stands behind `now` and `nowSeconds`.
 */
export const ALGORITHMS_SCRIPT = `
local fixed = {}
function fixed.open(counter, used)
  counter.start = nowSeconds - nowSeconds % counter.seconds
  counter.used = used
end
function fixed.advance(counter)
  local start = nowSeconds - nowSeconds % counter.seconds
  if start == counter.start or start == counter.start - counter.seconds then return end
  local isSetBack = start < counter.start
  if not isSetBack then counter.used = 0 end
  counter.start = start
  return isSetBack
end
function fixed.used(counter) return counter.used end
function fixed.ends(counter) return (counter.start + counter.seconds) * 1000 end
fixed.moreAt = fixed.ends
function fixed.reachesBackTo(counter) return counter.start * 1000 end
function fixed.wait(counter, limit, cost)
  if counter.used + cost <= limit.quota then return 0 end
  return math.max(1, fixed.ends(counter) - now)
end
function fixed.charge(counter, cost) counter.used = counter.used + cost end
function fixed.pack(counter, values) values[4], values[5] = counter.start, counter.used end
function fixed.unpack(counter, values) counter.start, counter.used = values[4], values[5] end

local sliding = {}
function sliding.joinParts(counter)
  local part = math.ceil(counter.seconds * 1000 / ${PARTS})
  local times, costs, last = {}, {}, 0
  for index = 1, #counter.times do
    local time, cost = counter.times[index], counter.costs[index]
    if last > 0 and math.floor(times[last] / part) == math.floor(time / part) then
      times[last], costs[last] = time, costs[last] + cost
    else
      last = last + 1
      times[last], costs[last] = time, cost
    end
  end
  counter.times, counter.costs = times, costs
end
function sliding.charge(counter, cost)
  if cost == 0 then return end
  local times, last = counter.times, #counter.times
  counter.used = counter.used + cost
  if last > 0 and times[last] == now then
    counter.costs[last] = counter.costs[last] + cost
    return
  end
  times[last + 1], counter.costs[last + 1] = now, cost
  if last + 1 > ${CHARGES_MAX} then sliding.joinParts(counter) end
end
function sliding.open(counter, used)
  counter.used, counter.times, counter.costs = 0, {}, {}
  sliding.charge(counter, used)
end
function sliding.advance(counter)
  local times, costs, over, first = counter.times, counter.costs, now - counter.seconds * 1000, 1
  while times[first] and times[first] <= over do
    counter.used = counter.used - costs[first]
    first = first + 1
  end
  if first > 1 then
    local left, leftCosts = {}, {}
    for index = first, #times do left[index - first + 1], leftCosts[index - first + 1] = times[index], costs[index] end
    counter.times, counter.costs, times = left, leftCosts, left
  end
  local isSetBack = (times[#times] or 0) > now
  for index = #times, 1, -1 do
    if times[index] <= now then break end
    times[index] = now
  end
  return isSetBack
end
function sliding.reachesBackTo(counter) return now - counter.seconds * 1000 end
function sliding.used(counter) return counter.used end
function sliding.wait(counter, limit, cost)
  local tooMuch = counter.used + cost - limit.quota
  if tooMuch <= 0 then return 0 end
  if cost <= limit.quota then
    for index = 1, #counter.times do
      tooMuch = tooMuch - counter.costs[index]
      if tooMuch <= 0 then return counter.times[index] + counter.seconds * 1000 - now end
    end
  end
  return counter.seconds * 1000
end
function sliding.moreAt(counter, limit)
  if counter.used == 0 then return now + counter.seconds * 1000 end
  return now + sliding.wait(counter, limit, math.max(0, limit.quota - counter.used) + 1)
end
function sliding.ends(counter) return (counter.times[#counter.times] or 0) + counter.seconds * 1000 end
-- Each time but the first is the distance to the one before it, which is packed as a small number.
function sliding.pack(counter, values)
  local before = 0
  for index = 1, #counter.times do
    values[index * 2 + 2], values[index * 2 + 3] = counter.times[index] - before, counter.costs[index]
    before = counter.times[index]
  end
end
function sliding.unpack(counter, values)
  counter.used, counter.times, counter.costs = 0, {}, {}
  local time = 0
  for index = 4, #values, 2 do
    local place = index / 2 - 1
    time = time + values[index]
    counter.times[place], counter.costs[place] = time, values[index + 1]
    counter.used = counter.used + values[index + 1]
  end
end

local bucket = {}
function bucket.open(counter, used, limit)
  counter.quota, counter.at = limit.quota, now
  counter.missing = math.min(${PRODUCT_MAX}, used * counter.seconds * 1000)
end
function bucket.advance(counter, limit)
  local isSetBack = counter.at > now
  counter.missing = math.max(0, counter.missing - math.max(0, now - counter.at) * counter.quota)
  counter.at = now
  if limit then counter.quota = limit.quota end
  return isSetBack
end
-- A bucket that was empty then would be full by now.
function bucket.reachesBackTo(counter, limit)
  return now - math.ceil(limit.capacity * counter.seconds * 1000 / limit.quota)
end
function bucket.used(counter) return math.ceil(counter.missing / (counter.seconds * 1000)) end
function bucket.wait(counter, limit, cost)
  local length = counter.seconds * 1000
  local tooMuch = counter.missing + (cost - limit.capacity) * length
  if tooMuch <= 0 then return 0 end
  if cost > limit.capacity then return length end
  return math.ceil(tooMuch / counter.quota)
end
function bucket.charge(counter, cost)
  counter.missing = math.min(${PRODUCT_MAX}, counter.missing + cost * counter.seconds * 1000)
end
function bucket.moreAt(counter, limit)
  if counter.missing == 0 then return now end
  return now + bucket.wait(counter, limit, math.max(0, limit.capacity - bucket.used(counter)) + 1)
end
function bucket.ends(counter) return counter.at + math.ceil(counter.missing / counter.quota) end
function bucket.pack(counter, values) values[4], values[5], values[6] = counter.quota, counter.missing, counter.at end
function bucket.unpack(counter, values) counter.quota, counter.missing, counter.at = values[4], values[5], values[6] end

local algorithms = { f = fixed, s = sliding, t = bucket, ['f!'] = fixed, ['s!'] = sliding, ['t!'] = bucket }

-- What the counters of a window have used, all ways of counting together: what a new one begins with.
local function usedOf(subject, seconds)
  local used = 0
  for index = 1, #subject do
    if subject[index].seconds == seconds then
      fixed.advance(subject[index])
      used = subject[index].used
    end
  end
  for _, counter in ipairs(subject.more or {}) do
    if counter.seconds == seconds then
      algorithms[counter.kind].advance(counter)
      used = math.max(used, algorithms[counter.kind].used(counter))
    end
  end
  return used
end

-- The counter of a limit that is no fixed window, or in shadow. What a change of the plan or a clock that was set back
-- makes of it is written also where the query is refused: else the same would happen again, at another time.
local function counterOf(subject, limit)
  subject.more = subject.more or {}
  for _, counter in ipairs(subject.more) do
    if counter.seconds == limit.seconds and counter.kind == limit.kind then
      counter.named = now
      if counter.quota and counter.quota ~= limit.quota then subject.changed = true end
      if limit.algorithm.advance(counter, limit) then subject.changed = true end
      return counter
    end
  end
  local counter = { kind = limit.kind, seconds = limit.seconds, named = now }
  local used = usedOf(subject, limit.seconds)
  if used > 0 then subject.changed = true end
  limit.algorithm.open(counter, used, limit)
  subject.more[#subject.more + 1] = counter
  return counter
end

-- See chargeOthers of subject-counters.ts.
local function chargeOthers(subject, plan, named, cost)
  local asked, counted, left = {}, {}, {}
  for index = 1, #plan do
    local limit = plan[index]
    asked[limit.seconds] = true
    if not limit.isShadow then counted[limit.seconds] = true end
  end
  for _, counter in ipairs(subject.more) do
    local isLongAgo = counter.named + counter.seconds * 1000 <= now
    if not isLongAgo or not (algorithms[counter.kind].ends(counter) <= now or counted[counter.seconds]) then
      left[#left + 1] = counter
    end
  end
  subject.more = left
  if #left == 0 then return end
  local function chargeOne(counter, algorithm)
    if named[counter] or not asked[counter.seconds] then return end
    algorithm.advance(counter)
    algorithm.charge(counter, cost)
  end
  for index = 1, #subject do chargeOne(subject[index], fixed) end
  for _, counter in ipairs(left) do
    if string.sub(counter.kind, 2) == '' then chargeOne(counter, algorithms[counter.kind]) end
  end
end

local function packMore(counters)
  local all = {}
  for index, counter in ipairs(counters) do
    all[index] = { counter.kind, counter.seconds, counter.named }
    algorithms[counter.kind].pack(counter, all[index])
  end
  return cmsgpack.pack(all)
end

local function unpackMore(packed)
  local counters = cmsgpack.unpack(packed)
  for index, values in ipairs(counters) do
    local counter = { kind = values[1], seconds = values[2], named = values[3] }
    algorithms[counter.kind].unpack(counter, values)
    counters[index] = counter
  end
  return counters
end
`;
