#!/bin/sh
# sqlite3: 25,000 rows inserted, indexed, joined, aggregated, searched, updated, vacuumed.
cd /tmp
sqlite3 bench.db <<'SQL'
pragma synchronous = off;
create table item(id integer primary key, name text, price real, shelf integer);
create table shelf(id integer primary key, room text);
insert into shelf select value, 'room ' || (value % 13) from generate_series(0, 499);
insert into item select value, 'item ' || (value * 7919 % 25000), value * 37 % 1000 / 10.0, value * 31 % 500 from generate_series(1, 25000);
create index item_name on item(name);
create index item_shelf on item(shelf, price);
select room, count(*), round(sum(price), 2), max(name) from item join shelf on shelf.id = item.shelf group by room order by 3 desc limit 5;
select count(*) from item a join item b on a.name = b.name and a.id < b.id where a.price > 50;
select count(*), sum(length(name)) from item where name like '%77%' or name glob 'item 5[0-3]*';
update item set price = price * 1.07 where shelf % 7 = 3;
delete from item where id % 11 = 5;
with recursive collatz(n, steps) as (select 871, 0 union all select case n % 2 when 0 then n / 2 else 3 * n + 1 end, steps + 1 from collatz where n <> 1)
  select max(steps), max(n) from collatz;
select name, rank from (select name, rank() over (partition by shelf order by price desc, id) as rank from item) where rank = 1 order by name limit 3;
vacuum;
pragma integrity_check;
SQL
