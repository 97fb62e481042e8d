-- Columns of tables that look like personal data or secrets by their names, without those that are masked.
-- $1: masked columns `schema.table.column`. Partitions and heirs are spoken of by the table above them.
select format('%I.%I.%I', n.nspname, c.relname, a.attname) as column_name
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  join pg_catalog.pg_type as t on t.oid = a.atttypid
 where c.relkind in ('r', 'p')
   and n.nspname !~ '^pg_'
   and n.nspname not in ('information_schema', 'oneroof')
   and a.attinhcount = 0
   and (t.typcategory in ('S', 'D', 'I') or t.typname in ('bytea', 'json', 'jsonb'))
   and a.attname ~* '(^|_)(e_?mail|phone|mobile|fax|first_?name|last_?name|full_?name|surname|birth_?(date|day)|date_of_birth|street|postal_?code|iban|passport|ssn|tax_id|password|passwd|secret|api_?key|credit_?card|card_number|ip_address|signature_(text|image))(_|$)'
   and not exists (select
                     from unnest($1::text[]) as masked (name)
                    where pg_catalog.parse_ident(masked.name) = array[n.nspname::text, c.relname::text, a.attname::text])
 order by column_name
