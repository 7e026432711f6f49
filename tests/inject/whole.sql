create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000)
	insert into t select i, hex(i * 7919), i / 3.0 from n;
create index tb on t(b);
select count(*), sum(c), max(b) from t where b like '3%';
select a, b, printf('%.4f', c) from t order by b limit 20;
update t set c = c * 2 where a % 7 = 0;
delete from t where a % 5 = 0;
select count(*), round(total(c), 3), group_concat(b) from (select * from t order by a limit 50);
pragma integrity_check;
