-- Versions of the extensions $1 that this server could install.
select v.name::text                                as name,
       v.version,
       v.version is not distinct from a.default_version as is_default
  from pg_catalog.pg_available_extension_versions as v
  join pg_catalog.pg_available_extensions as a on a.name = v.name
 where v.name = any ($1::text[])
 order by v.name, v.version
