-- What this adopt did; runs at its end, before the commit.
select (select pg_catalog.max(v.version) from oneroof.schema_version as v)                                        as version,
       (select pg_catalog.count(*) from oneroof.schema_version as v where v.installed_at = pg_catalog.now())      as migrations,
       t.adopted_at = pg_catalog.now()                                                                            as fresh,
       t.genesis,
       (select p.version from oneroof.policy as p order by p.version desc limit 1)                                as policy_version,
       (select p.digest  from oneroof.policy as p order by p.version desc limit 1)                                as policy_digest
  from oneroof.target as t
