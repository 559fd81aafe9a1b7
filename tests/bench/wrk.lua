-- Sends the requests of a file (complete ones, separated by NUL) in turn, and writes one line of JSON at the end.
--   wrk ... -s wrk.lua URL -- FILE
-- A request that contains MARK gets another UUID in its place each time.

local MARK = 'ffffffff-ffff-4fff-8fff-ffffffffffff'

local requests, rests, last = {}, {}, 0

function init(arguments)
    local seed = assert(io.open('/dev/urandom', 'rb'))
    local a, b, c, d = seed:read(4):byte(1, 4)
    math.randomseed(((a * 256 + b) * 256 + c) * 128 + d % 128)
    seed:close()
    local file = assert(io.open(arguments[1], 'rb'))
    for request in file:read('*a'):gmatch('[^%z]+') do
        local from, to = request:find(MARK, 1, true)
        requests[#requests + 1] = from and request:sub(1, from - 1) or request
        rests[#requests] = from and request:sub(to + 1)
    end
    file:close()
end

local function uuid()
    local random = math.random
    return string.format('%08x-%04x-4%03x-8%03x-%06x%06x', random(0, 2 ^ 32 - 1), random(0, 65535), random(0, 4095),
        random(0, 4095), random(0, 2 ^ 24 - 1), random(0, 2 ^ 24 - 1))
end

function request()
    last = last % #requests + 1
    local rest = rests[last]
    return rest and requests[last] .. uuid() .. rest or requests[last]
end

function done(summary, latency)
    local errors = summary.errors
    io.stderr:write(string.format(
        '{"requests": %d, "micros": %d, "p50": %d, "p99": %d, "max": %d, "refused": %d, "broken": %d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
