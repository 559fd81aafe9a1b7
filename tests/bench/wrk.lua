-- Sends the requests of a file (complete ones, separated by NUL) in turn, and writes one line of JSON at the end.
--   wrk ... -s wrk.lua URL -- FILE

local requests, last = {}, 0

function init(arguments)
    local file = assert(io.open(arguments[1], 'rb'))
    for request in file:read('*a'):gmatch('[^%z]+') do
        requests[#requests + 1] = request
    end
    file:close()
end

function request()
    last = last % #requests + 1
    return requests[last]
end

function done(summary, latency)
    local errors = summary.errors
    io.stderr:write(string.format(
        '{"requests": %d, "micros": %d, "p50": %d, "p99": %d, "max": %d, "refused": %d, "broken": %d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
