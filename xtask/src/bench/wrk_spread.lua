-- Asks for the paths of the file PATHS in turn; the requests are made once, before the load.
local requests, next = {}, 0
init = function()
  for path in io.lines(PATHS) do
    requests[#requests + 1] = wrk.format("GET", path)
  end
end
request = function()
  next = next % #requests + 1
  return requests[next]
end
