-- The policy that holds: the one with the highest version.
select p.version, p.body, p.digest, p.installed_by,
       to_char(p.installed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as installed_at
  from oneroof.policy as p
 order by p.version desc
 limit 1
