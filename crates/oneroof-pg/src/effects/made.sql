-- Where objects are now ($1 their catalogs, $2 the OIDs they had, $3 their names): the OID of what has that name today, the
-- kind and name of what has that OID today, and whether objects of this catalog are found by their names at all.
select case asked.class
           when 'pg_class'       then to_regclass(asked.name)::oid
           when 'pg_proc'        then to_regprocedure(asked.name)::oid
           when 'pg_type'        then to_regtype(asked.name)::oid
           when 'pg_namespace'   then to_regnamespace(asked.name)::oid
           when 'pg_operator'    then to_regoperator(asked.name)::oid
           when 'pg_collation'   then to_regcollation(asked.name)::oid
       end,
       (select concat_ws(' ', there.type, there.identity)
          from pg_catalog.pg_identify_object(('pg_catalog.' || quote_ident(asked.class))::regclass::oid, asked.oid, 0) as there
         where there.identity is not null),
       asked.class in ('pg_class', 'pg_proc', 'pg_type', 'pg_namespace', 'pg_operator', 'pg_collation')
  from unnest($1::text[], $2::oid[], $3::text[]) with ordinality as asked (class, oid, name, place)
 order by asked.place
