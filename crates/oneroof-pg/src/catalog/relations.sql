-- Which of the names $1 are relations here? A name with a schema is looked up in the catalog, since to_regclass raises
-- where usage on the schema is missing; one without a schema follows the search path.
select name.text                                                        as name,
       coalesce(qualified.oid, unqualified.oid) is not null              as found,
       coalesce(qualified.relkind, unqualified.relkind)::text            as kind
  from unnest($1::text[]) with ordinality as name (text, place)
 cross join lateral (select pg_catalog.parse_ident(name.text) as parts) as parsed
  left join lateral (
       select c.oid, c.relkind
         from pg_catalog.pg_class as c
         join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where cardinality(parsed.parts) = 2
          and n.nspname = parsed.parts[1]
          and c.relname = parsed.parts[2]) as qualified on true
  left join lateral (
       select c.oid, c.relkind
         from pg_catalog.pg_class as c
        where c.oid = case when cardinality(parsed.parts) = 1 then pg_catalog.to_regclass(name.text) end) as unqualified on true
 order by name.place
