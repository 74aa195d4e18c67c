#!/bin/sh
# sqlite3: a WAL database with mmap_size, indexes, views, a common table expression, JSON, full text, a rollback, integrity.
cd /tmp
sqlite3 t.db <<'END'
pragma journal_mode = wal;
pragma mmap_size = 4194304;
create table item(id integer primary key, name text, price real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000) insert into item select i, printf('item %04d', i * 7919 % 3001), i * 0.25 from n;
create index by_name on item(name);
select count(*), sum(price), min(name), max(name) from item;
select id, price from item where name between 'item 0100' and 'item 0105' order by name;
begin; delete from item where id % 2; select changes(); rollback; select count(*) from item;
select json_extract('{"a": [1, {"b": 2}]}', '$.a[1].b'), json_group_array(id) from (select id from item limit 5);
select round(avg(price), 3), group_concat(c, ' ') from (select price, substr(name, 6, 1) c from item limit 4);
create virtual table note using fts5(body); insert into note values('page tables walk'), ('the page cache'), ('tlb'); select body from note where note match 'page' order by rank;
select name, rank() over (order by price desc) r from item order by r limit 3;
pragma wal_checkpoint(truncate);
pragma integrity_check;
END
sqlite3 t.db 'vacuum; pragma page_count; pragma journal_mode = delete;'
(sqlite3 t.db 'begin immediate; select 1;' '.shell sqlite3 t.db "insert into item values(0,0,0)"' 'commit;') 2>&1
sqlite3 -header -column t.db 'select * from item limit 2'; sqlite3 t.db .dump | md5sum; ls
