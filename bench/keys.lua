-- For wrk: the same request with each key of a file, in a random order or one after the other.
-- Arguments: file, host, order (`random` or `sequence`), number (seed or first line).
local sub, random = string.sub, math.random
local keys, line_length, count, head, tail, in_sequence, next_line

function init(args)
  local file = assert(io.open(args[1], 'r'))
  keys = file:read('*a')
  file:close()
  line_length = assert(keys:find('\n', 1, true))
  count = #keys / line_length
  head = wrk.method .. ' ' .. wrk.path .. ' HTTP/1.1\r\nHost: ' .. args[2] .. '\r\nAuthorization: Bearer '
  tail = '\r\n\r\n'
  in_sequence = args[3] == 'sequence'
  next_line = tonumber(args[4])
  math.randomseed(next_line)
end

function request()
  local line
  if in_sequence then
    line = next_line % count
    next_line = next_line + 1
  else
    line = random(0, count - 1)
  end
  local start = line * line_length
  return head .. sub(keys, start + 1, start + line_length - 1) .. tail
end
