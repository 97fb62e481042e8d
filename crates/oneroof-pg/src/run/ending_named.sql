-- Is there an object of kind $1 with name $2?
select case $1::text
           when 'index' then to_regclass($2::text) is not null
           when 'database' then exists (select from pg_catalog.pg_database as d where d.datname = $2::text)
           when 'tablespace' then exists (select from pg_catalog.pg_tablespace as t where t.spcname = $2::text)
           when 'subscription' then exists (select from pg_catalog.pg_stat_subscription as s where s.subname = $2::text)
       end
