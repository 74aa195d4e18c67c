#!/usr/bin/gawk -f
# gawk: fields, associative arrays, regular expressions, string functions, sorting.
BEGIN {
  for (i = 1; i <= 20000; i++) {
    line = sprintf("%d host%d /page/%d %d", i, (i * 7919) % 97, (i * 31) % 1009, (i * i) % 5003)
    n = split(line, field, " ")
    count[field[2]]++
    bytes[field[2]] += field[n]
    if (line ~ /page\/[0-9]*7[0-9]* /) seven++
    if (match(field[3], /[0-9]+$/)) page[substr(field[3], RSTART)]++
    gsub(/[0-4]/, "x", line)
    text = text substr(line, 1, 1)
  }
  n = asorti(bytes, hosts)
  for (i = 1; i <= n; i++) if (bytes[hosts[i]] > most) { most = bytes[hosts[i]]; host = hosts[i] }
  print host, most, count[host], seven, length(page), length(text)
  for (i = 2; i <= 16000; i++) for (j = 2; j * j <= i; j++) if (i % j == 0) { composite++; break }
  print composite
}
