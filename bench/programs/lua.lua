#!/usr/bin/lua5.4
-- Lua: trees of tables, string building and patterns, closures, floats in arrays, sorting.
local function tree(depth)
  if depth == 0 then return {} end
  return { tree(depth - 1), tree(depth - 1) }
end
local function count(node)
  if node[1] == nil then return 1 end
  return 1 + count(node[1]) + count(node[2])
end
local nodes = 0
for _ = 1, 6 do nodes = nodes + count(tree(13)) end
print('trees', nodes)

local words = {}
for i = 1, 30000 do words[#words + 1] = ('w%d'):format((i * 7919) % 4001) end
local frequency = {}
for word in table.concat(words, ' '):gmatch('%a%d+') do frequency[word] = (frequency[word] or 0) + 1 end
local keys = {}
for key in pairs(frequency) do keys[#keys + 1] = key end
table.sort(keys, function(a, b)
  if frequency[a] ~= frequency[b] then return frequency[a] > frequency[b] end
  return a < b
end)
print('words', #keys, keys[1], frequency[keys[1]], keys[#keys])

local function spectral(n)
  local function a(i, j) return 1 / ((i + j) * (i + j + 1) / 2 + i + 1) end
  local function times(v, transposed)
    local result = {}
    for i = 0, n - 1 do
      local sum = 0
      for j = 0, n - 1 do sum = sum + (transposed and a(j, i) or a(i, j)) * v[j] end
      result[i] = sum
    end
    return result
  end
  local u, v = {}, nil
  for i = 0, n - 1 do u[i] = 1 end
  for _ = 1, 3 do
    v = times(times(u, false), true)
    u = times(times(v, false), true)
  end
  local uv, vv = 0, 0
  for i = 0, n - 1 do
    uv = uv + u[i] * v[i]
    vv = vv + v[i] * v[i]
  end
  return math.sqrt(uv / vv)
end
print('spectral', ('%.9f'):format(spectral(110)))

local function queens(n)
  local found, columns, rising, falling = 0, {}, {}, {}
  local function place(row)
    if row > n then
      found = found + 1
      return
    end
    for c = 1, n do
      if not (columns[c] or rising[row + c] or falling[row - c]) then
        columns[c], rising[row + c], falling[row - c] = true, true, true
        place(row + 1)
        columns[c], rising[row + c], falling[row - c] = nil, nil, nil
      end
    end
  end
  place(1)
  return found
end
print('queens', queens(8))
