-- Where objects are now ($1 their catalogs, $2 the OIDs they had, $3 their names): the OID of what has that name today, the
-- kind and name of what has that OID today, and whether objects of this catalog are found by their names at all. Names of
-- routines are compared and not cast: a cast fails where a type of their arguments is gone.
select case asked.class
           when 'pg_class'       then to_regclass(asked.name)::oid
           when 'pg_proc'        then (select p.oid
                                         from pg_catalog.pg_proc as p
                                         join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
                                        where p.oid >= 16384
                                          and starts_with(asked.name, format('%I.%I(', n.nspname, p.proname))
                                          and (pg_catalog.pg_identify_object('pg_catalog.pg_proc'::regclass, p.oid, 0)).identity = asked.name)
           when 'pg_type'        then (select t.oid
                                         from pg_catalog.pg_type as t
                                         join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
                                        where t.oid >= 16384
                                          and format('%I.%I', n.nspname, t.typname) = asked.name)
           when 'pg_namespace'   then to_regnamespace(asked.name)::oid
           when 'pg_operator'    then (select o.oid
                                         from pg_catalog.pg_operator as o
                                        where o.oid >= 16384
                                          and (pg_catalog.pg_identify_object('pg_catalog.pg_operator'::regclass, o.oid, 0)).identity = asked.name)
           when 'pg_collation'   then to_regcollation(asked.name)::oid
       end,
       (select concat_ws(' ', there.type, there.identity)
          from pg_catalog.pg_identify_object(('pg_catalog.' || quote_ident(asked.class))::regclass::oid, asked.oid, 0) as there
         where there.identity is not null),
       asked.class in ('pg_class', 'pg_proc', 'pg_type', 'pg_namespace', 'pg_operator', 'pg_collation')
  from unnest($1::text[], $2::oid[], $3::text[]) with ordinality as asked (class, oid, name, place)
 order by asked.place
