-- Which of the roles $1 are not members of the roles $2 (pairs by place)? Detail: the grants that make them so. A role
-- that does not exist yet has no members.
select pg_catalog.format('grant %I to %I', wanted.role, wanted.member) as line
  from unnest($1::text[], $2::text[]) with ordinality as wanted (member, role, place)
 where case
           when exists (select from pg_catalog.pg_roles as r where r.rolname = wanted.role)
            and exists (select from pg_catalog.pg_roles as m where m.rolname = wanted.member)
           then not pg_catalog.pg_has_role(wanted.member, wanted.role, 'member')
           else true
       end
 order by wanted.place
