-- Is $2 a partition of $1: is its detaching pending, what that is, and what ends it.
select i.inhdetachpending,
       format('partition %s of %s is half detached', i.inhrelid::regclass, i.inhparent::regclass),
       format('alter table %s detach partition %s finalize', i.inhparent::regclass, i.inhrelid::regclass)
  from pg_catalog.pg_inherits as i
 where i.inhparent = to_regclass($1)
   and i.inhrelid = to_regclass($2)
