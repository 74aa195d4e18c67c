#!/usr/bin/lua5.4
-- Lua 5.4: tables, closures, coroutines, string patterns, integers and floats, metatables, error handling, files.
local function sieve(n)
  local composite, primes = {}, {}
  for i = 2, n do
    if not composite[i] then
      primes[#primes + 1] = i
      for j = i * i, n, i do composite[j] = true end
    end
  end
  return primes
end
local primes = sieve(20000)
print(#primes, primes[#primes])
local generate = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end return 'end' end)
print(generate(), generate(), generate(), generate())
print(('key = value; other=2'):gsub('(%w+)%s*=%s*(%w+)', '%2:%1'))
print(7 // 2, -7 // 2, 7 % -3, 2 ^ 0.5, 1 << 62, math.maxinteger + 1 == math.mininteger, 10 / 2, 3 | 8, 0x7fffffffffffffff)
local Point = setmetatable({}, { __call = function(class, x, y) return setmetatable({ x = x, y = y }, class) end })
Point.__index = Point
Point.__add = function(a, b) return Point(a.x + b.x, a.y + b.y) end
Point.__tostring = function(p) return ('(%g, %g)'):format(p.x, p.y) end
print(tostring(Point(1, 2) + Point(0.5, -3)), pcall(function() return nil + 1 end))
local words = {}
for i = 1, 3000 do words[i] = tostring((i * 7919) % 3001) end
table.sort(words)
print(words[1], words[1500], words[3000], table.concat({ 1, 2, 3 }, '-'), select('#', table.unpack(words, 1, 100)))
local file = assert(io.open('/tmp/lua.txt', 'w'))
for i = 1, 100 do file:write(i, '\n') end
file:close()
local sum = 0
for line in io.lines('/tmp/lua.txt') do sum = sum + tonumber(line) end
print(sum, os.date('!%Y-%m-%d', 86400), string.pack('>I4z', 258, 'x'):byte(1, -1))
print(collectgarbage('count') > 0, utf8.len('åäö'), #utf8.char(228, 8364), io.popen('echo popen'):read('a'))
