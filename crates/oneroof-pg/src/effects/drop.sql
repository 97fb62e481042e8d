-- The statement that drops each object ($1 catalogs, $2 OIDs), in their order; null for kinds that have no simple one. A
-- routine may be a function, a procedure or an aggregate.
select 'drop '
       || case there.type
              when 'function' then 'routine'
              when 'procedure' then 'routine'
              when 'aggregate' then 'routine'
              when 'composite type' then 'type'
              when 'statistics object' then 'statistics'
              when 'foreign-data wrapper' then 'foreign data wrapper'
              else (select known.word
                      from (values ('schema'), ('table'), ('view'), ('materialized view'), ('sequence'), ('foreign table'), ('type'), ('operator'),
                                   ('collation'), ('conversion'), ('publication'), ('event trigger'), ('server'), ('text search configuration'),
                                   ('text search dictionary'), ('text search parser'), ('text search template')) as known (word)
                     where known.word = there.type)
          end
       || ' ' || there.identity,
       there.type = 'table'
  from unnest($1::text[], $2::oid[]) with ordinality as asked (class, oid, place)
 cross join lateral pg_catalog.pg_identify_object(('pg_catalog.' || quote_ident(asked.class))::regclass::oid, asked.oid, 0) as there
 order by asked.place
