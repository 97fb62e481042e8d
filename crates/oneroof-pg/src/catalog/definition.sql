-- Canonical facts about every user object of this database: (kind, identity, definition). A definition has one property
-- a line, its name first, so that two of them can be compared in words.
-- Left out: OIDs, estimates, counters, positions of sequences, gaps in attribute numbers, versions of collations, the
-- comment of the database, the mark, options of user mappings (they hold passwords), schema oneroof, members of
-- extensions, grantors. What a dump does not carry into a copy is in definition_beside.sql.
-- With objects ($1, OIDs) only those, and everything about tables and types among them; a part between `-- <NAME>` and
-- `-- </NAME>` is then left out unless it is asked for: a catalog, or what belongs to the system. $1 null: everything.
-- The caller pins search_path to pg_catalog, so that every name below prints with its schema.
with
namespace as materialized (
    select n.oid, n.nspname, n.nspowner, n.nspacl
      from pg_catalog.pg_namespace as n
     where n.nspname !~ '^pg_'
       and n.nspname not in ('information_schema', 'oneroof')
),
member as materialized (
    select d.classid, d.objid
      from pg_catalog.pg_depend as d
     where d.refclassid = 'pg_catalog.pg_extension'::regclass
       and d.deptype = 'e'
),
relation as materialized (
    select c.oid, c.relkind, c.relname, c.relnamespace, c.relowner, c.relacl, c.relpersistence, c.relam, c.reloptions,
           c.reltoastrelid, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relispartition, c.relpartbound,
           c.relispopulated, c.reloftype, c.reltype,
           format('%I.%I', n.nspname, c.relname) as identity
      from pg_catalog.pg_class as c
      join namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
       and ($1::oid[] is null or c.oid = any ($1))
       and not exists (select from member as m where m.classid = 'pg_catalog.pg_class'::regclass and m.objid = c.oid)
),
parent as materialized (
    select i.inhrelid,
           string_agg(i.inhparent::regclass::text || case when i.inhdetachpending then ' (detach pending)' else '' end, ', ' order by i.inhseqno) as names
      from pg_catalog.pg_inherits as i
     group by i.inhrelid
),
type as materialized (
    select t.*, format('%I.%I', n.nspname, t.typname) as identity
      from pg_catalog.pg_type as t
      join namespace as n on n.oid = t.typnamespace
     where t.typtype <> 'm'
       and ($1::oid[] is null or t.oid = any (array(select unnest($1) union all
                                                    select c.reltype from pg_catalog.pg_class as c where c.oid = any ($1) and c.relkind = 'c')))
       and (t.typtype <> 'c' or exists (select from pg_catalog.pg_class as r where r.oid = t.typrelid and r.relkind = 'c'))
       and not exists (select from pg_catalog.pg_type as element where element.typarray = t.oid)
       and not exists (select from member as m where m.classid = 'pg_catalog.pg_type'::regclass and m.objid = t.oid)
),
object (classid, objid, kind, identity, definition, owner, acl, acl_kind) as materialized (
    -- schemas
    select 'pg_catalog.pg_namespace'::regclass, n.oid, 'schema', quote_ident(n.nspname), '', n.nspowner, n.nspacl, 'n'::"char"
      from namespace as n
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_namespace'::regclass and m.objid = n.oid)

       and ($1::oid[] is null or n.oid = any ($1))

    -- <pg_class>
    union all
    -- tables, views, sequences
    select 'pg_catalog.pg_class'::regclass, r.oid,
           case r.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                          when 'f' then 'foreign table' else 'table' end,
           r.identity,
           concat_ws(e'\n',
               case r.relpersistence when 'u' then 'unlogged' end,
               'of ' || nullif(r.reloftype, 0)::regtype::text,
               case when r.relispartition then 'partition of ' else 'inherits ' end || p.names,
               pg_catalog.pg_get_expr(r.relpartbound, r.oid),
               case when r.relkind = 'p' then 'partition by ' || pg_catalog.pg_get_partkeydef(r.oid) end,
               'access method ' || (select am.amname from pg_catalog.pg_am as am where am.oid = r.relam and am.amname <> 'heap'),
               'with ' || (select string_agg(o, ', ' order by o collate "C") from unnest(r.reloptions) as o),
               'toast with ' || (select string_agg(o, ', ' order by o collate "C")
                                   from pg_catalog.pg_class as toast cross join unnest(toast.reloptions) as o
                                  where toast.oid = r.reltoastrelid),
               case when r.relrowsecurity then 'row level security' end,
               case when r.relforcerowsecurity then 'row level security forced' end,
               case r.relreplident when 'f' then 'replica identity full'
                                   when 'n' then case when r.relkind in ('r', 'p') then 'replica identity nothing' end end,
               case when r.relkind = 'm' and not r.relispopulated then 'with no data' end,
               case when r.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(r.oid) end,
               (select concat_ws(e'\n', format('server %I', fs.srvname),
                                 'options ' || (select string_agg(o, ', ' order by o collate "C") from unnest(ft.ftoptions) as o))
                  from pg_catalog.pg_foreign_table as ft
                  join pg_catalog.pg_foreign_server as fs on fs.oid = ft.ftserver
                 where ft.ftrelid = r.oid),
               (select format(e'type %s\nstart %s\nincrement %s\nminimum %s\nmaximum %s\ncache %s\ncycle %s', s.seqtypid::regtype,
                              s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
                  from pg_catalog.pg_sequence as s
                 where s.seqrelid = r.oid),
               (select format('owned by %s.%I', d.refobjid::regclass, a.attname)
                  from pg_catalog.pg_depend as d
                  join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                 where r.relkind = 'S'
                   and d.classid = 'pg_catalog.pg_class'::regclass and d.objid = r.oid and d.objsubid = 0
                   and d.refclassid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i'))),
           r.relowner, r.relacl, case r.relkind when 'S' then 's' else 'r' end::"char"
      from relation as r
      left join parent as p on p.inhrelid = r.oid
     where r.relkind <> 'c'

    union all
    -- indexes
    select 'pg_catalog.pg_class'::regclass, c.oid, 'index', format('%I.%I', n.nspname, c.relname),
           concat_ws(e'\n',
               pg_catalog.pg_get_indexdef(c.oid),
               'partition of ' || p.names,
               case when not x.indisvalid then 'invalid' end,
               case when x.indisclustered then 'clustered' end,
               case when x.indisreplident then 'replica identity' end,
               -- an expression of an index has a statistics target too
               (select string_agg(format('statistics of column %s %s', a.attnum, target.value), e'\n' order by a.attnum)
                  from pg_catalog.pg_attribute as a
                 cross join lateral (select nullif(nullif(to_jsonb(a.attstattarget)::text, 'null'), '-1')) as target (value)
                 where a.attrelid = c.oid and target.value is not null)),
           null, null, null
      from pg_catalog.pg_index as x
      join relation as r on r.oid = x.indrelid
      join pg_catalog.pg_class as c on c.oid = x.indexrelid
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      left join parent as p on p.inhrelid = c.oid

    union all
    -- constraints of tables; those that PostgreSQL derives from a partitioned one are implied by it
    select 'pg_catalog.pg_constraint'::regclass, k.oid, 'constraint', format('%I on %s', k.conname, r.identity),
           concat_ws(e'\n', pg_catalog.pg_get_constraintdef(k.oid),
               case when k.contype in ('c', 'n') and not k.conislocal then 'inherited' end), null, null, null
      from pg_catalog.pg_constraint as k
      join relation as r on r.oid = k.conrelid
     where k.contype <> 't'
       and not (k.contype = 'f' and k.conparentid <> 0)
    -- </pg_class>

    -- <pg_type>
    union all
    -- constraints of domains
    select 'pg_catalog.pg_constraint'::regclass, k.oid, 'constraint', format('%I on domain %s', k.conname, t.identity),
           pg_catalog.pg_get_constraintdef(k.oid), null, null, null
      from pg_catalog.pg_constraint as k
      join type as t on t.oid = k.contypid
    -- </pg_type>

    -- <pg_class>
    union all
    select 'pg_catalog.pg_trigger'::regclass, t.oid, 'trigger', format('%I on %s', t.tgname, r.identity),
           concat_ws(e'\n', pg_catalog.pg_get_triggerdef(t.oid),
               case t.tgenabled when 'D' then 'disabled' when 'A' then 'enabled always' when 'R' then 'enabled replica' end),
           null, null, null
      from pg_catalog.pg_trigger as t
      join relation as r on r.oid = t.tgrelid
     where not t.tgisinternal
        -- 14 calls the triggers of partitions internal; those of foreign keys are implied by the constraint
        or (t.tgparentid <> 0 and not exists (select from pg_catalog.pg_constraint as k where k.oid = t.tgconstraint and k.contype = 'f'))

    union all
    select 'pg_catalog.pg_rewrite'::regclass, w.oid, 'rule', format('%I on %s', w.rulename, r.identity),
           concat_ws(e'\n', pg_catalog.pg_get_ruledef(w.oid),
               case w.ev_enabled when 'D' then 'disabled' when 'A' then 'enabled always' when 'R' then 'enabled replica' end),
           null, null, null
      from pg_catalog.pg_rewrite as w
      join relation as r on r.oid = w.ev_class
     where w.rulename <> '_RETURN'

    union all
    select 'pg_catalog.pg_policy'::regclass, p.oid, 'policy', format('%I on %s', p.polname, r.identity),
           concat_ws(e'\n',
               case when p.polpermissive then 'permissive' else 'restrictive' end,
               'for ' || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
               'to ' || (select string_agg(case role when 0 then 'public' else quote_ident(pg_catalog.pg_get_userbyid(role)) end, ', '
                                           order by case role when 0 then 'public' else quote_ident(pg_catalog.pg_get_userbyid(role)) end collate "C")
                           from unnest(p.polroles) as role),
               'using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid),
               'with check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)),
           null, null, null
      from pg_catalog.pg_policy as p
      join relation as r on r.oid = p.polrelid
    -- </pg_class>

    -- <pg_proc>
    union all
    -- functions, procedures, window functions, aggregates
    select 'pg_catalog.pg_proc'::regclass, f.oid,
           case f.prokind when 'a' then 'aggregate' when 'p' then 'procedure' else 'function' end,
           f.oid::regprocedure::text,
           case when f.prokind <> 'a' then pg_catalog.pg_get_functiondef(f.oid)
                else (select (select string_agg(concat_ws(' ', key, coalesce(value, 'null')), e'\n' order by key collate "C")
                                from jsonb_each_text(to_jsonb(a) - '{aggfnoid,aggtranstype,aggmtranstype,aggsortop}'::text[]))
                             || format(e'\nstate %s\nmoving state %s\nsort %s', a.aggtranstype::regtype, a.aggmtranstype::regtype, a.aggsortop::regoperator)
                             || format(e'\narguments %s\nreturns %s\nparallel %s', pg_catalog.pg_get_function_arguments(f.oid),
                                       pg_catalog.pg_get_function_result(f.oid), f.proparallel)
                        from pg_catalog.pg_aggregate as a
                       where a.aggfnoid = f.oid)
           end,
           f.proowner, f.proacl, 'f'
      from pg_catalog.pg_proc as f
      join namespace as n on n.oid = f.pronamespace
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_proc'::regclass and m.objid = f.oid)
       -- the constructors of a range type come and go with it
       and not exists (select from pg_catalog.pg_depend as d
                        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = f.oid and d.deptype = 'i'
                          and d.refclassid = 'pg_catalog.pg_type'::regclass)

       and ($1::oid[] is null or f.oid = any ($1))
    -- </pg_proc>

    -- <pg_type>
    union all
    -- types: enums, domains, ranges, composites, base types
    select 'pg_catalog.pg_type'::regclass, t.oid, case t.typtype when 'd' then 'domain' else 'type' end, t.identity,
           case t.typtype
               when 'e' then (select 'enum (' || string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) || ')'
                                from pg_catalog.pg_enum as e where e.enumtypid = t.oid)
               when 'd' then concat_ws(e'\n', 'type ' || pg_catalog.format_type(t.typbasetype, t.typtypmod),
                                 case when t.typcollation <> base.typcollation then 'collate ' || t.typcollation::regcollation::text end,
                                 case when t.typnotnull then 'not null' end,
                                 'default ' || coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0), t.typdefault))
               when 'r' then (select format(e'range\nsubtype %s\ncollation %s\nopclass %s\ncanonical %s\ndifference %s\nmultirange %s',
                                            g.rngsubtype::regtype, g.rngcollation::regcollation,
                                            (pg_catalog.pg_identify_object('pg_catalog.pg_opclass'::regclass, g.rngsubopc, 0)).identity,
                                            g.rngcanonical, g.rngsubdiff, g.rngmultitypid::regtype)
                                from pg_catalog.pg_range as g where g.rngtypid = t.oid)
               when 'c' then 'composite'
               else format(e'base\ninput %s\noutput %s\nreceive %s\nsend %s\nmodifier in %s\nmodifier out %s\nanalyze %s\nsubscript %s',
                           t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze, t.typsubscript)
                    || format(e'\nlength %s\nby value %s\ncategory %s\npreferred %s\ndelimiter %s\nelement %s\nalign %s\nstorage %s\ndefault %s\ncollation %s\ndefined %s',
                           t.typlen, t.typbyval, t.typcategory, t.typispreferred, t.typdelim, t.typelem::regtype, t.typalign, t.typstorage,
                           t.typdefault, t.typcollation::regcollation, t.typisdefined)
           end,
           t.typowner, t.typacl, 'T'
      from type as t
      left join pg_catalog.pg_type as base on base.oid = t.typbasetype
    -- </pg_type>

    -- <pg_operator>
    union all
    select 'pg_catalog.pg_operator'::regclass, o.oid, 'operator', o.oid::regoperator::text,
           format(e'function %s\nrestrict %s\njoin %s\ncommutator %s\nnegator %s\nmerges %s\nhashes %s', o.oprcode, o.oprrest, o.oprjoin,
                  o.oprcom::regoperator, o.oprnegate::regoperator, o.oprcanmerge, o.oprcanhash),
           o.oprowner, null, null
      from pg_catalog.pg_operator as o
      join namespace as n on n.oid = o.oprnamespace
     where o.oprcode <> 0 -- else only announced, as the commutator of another one
       and not exists (select from member as m where m.classid = 'pg_catalog.pg_operator'::regclass and m.objid = o.oid)

       and ($1::oid[] is null or o.oid = any ($1))
    -- </pg_operator>

    -- <pg_opfamily>
    union all
    select 'pg_catalog.pg_opfamily'::regclass, f.oid, 'operator family',
           (pg_catalog.pg_identify_object('pg_catalog.pg_opfamily'::regclass, f.oid, 0)).identity,
           concat_ws(e'\n',
               (select string_agg(line, e'\n' order by line collate "C")
                  from (select format('operator %s %s %s %s', o.amopstrategy, o.amopopr::regoperator, o.amoppurpose,
                                      (pg_catalog.pg_identify_object('pg_catalog.pg_opfamily'::regclass, nullif(o.amopsortfamily, 0), 0)).identity) as line
                          from pg_catalog.pg_amop as o where o.amopfamily = f.oid) as operators),
               (select string_agg(line, e'\n' order by line collate "C")
                  from (select format('function %s (%s, %s) %s', p.amprocnum, p.amproclefttype::regtype, p.amprocrighttype::regtype, p.amproc) as line
                          from pg_catalog.pg_amproc as p where p.amprocfamily = f.oid) as functions)),
           f.opfowner, null, null
      from pg_catalog.pg_opfamily as f
      join namespace as n on n.oid = f.opfnamespace
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_opfamily'::regclass and m.objid = f.oid)

       and ($1::oid[] is null or f.oid = any ($1))
    -- </pg_opfamily>

    -- <pg_opclass>
    union all
    select 'pg_catalog.pg_opclass'::regclass, c.oid, 'operator class',
           (pg_catalog.pg_identify_object('pg_catalog.pg_opclass'::regclass, c.oid, 0)).identity,
           format(e'for %s\nkey %s\nfamily %s\ndefault %s', c.opcintype::regtype, c.opckeytype::regtype,
                  (pg_catalog.pg_identify_object('pg_catalog.pg_opfamily'::regclass, c.opcfamily, 0)).identity, c.opcdefault),
           c.opcowner, null, null
      from pg_catalog.pg_opclass as c
      join namespace as n on n.oid = c.opcnamespace
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_opclass'::regclass and m.objid = c.oid)

       and ($1::oid[] is null or c.oid = any ($1))
    -- </pg_opclass>

    -- <pg_cast>
    union all
    select 'pg_catalog.pg_cast'::regclass, c.oid, 'cast', format('%s as %s', c.castsource::regtype, c.casttarget::regtype),
           format(e'function %s\ncontext %s\nmethod %s', c.castfunc::regprocedure, c.castcontext, c.castmethod), null, null, null
      from pg_catalog.pg_cast as c
     where c.oid >= 16384
       and not exists (select from member as m where m.classid = 'pg_catalog.pg_cast'::regclass and m.objid = c.oid)
       -- casts between a range and its multirange come and go with the range
       and not exists (select from pg_catalog.pg_depend as d
                        where d.classid = 'pg_catalog.pg_cast'::regclass and d.objid = c.oid and d.deptype = 'i')

       and ($1::oid[] is null or c.oid = any ($1))
    -- </pg_cast>

    -- <pg_collation>
    union all
    select 'pg_catalog.pg_collation'::regclass, c.oid, 'collation', c.oid::regcollation::text,
           (select string_agg(concat_ws(' ', key, coalesce(value, 'null')), e'\n' order by key collate "C")
              from jsonb_each_text(to_jsonb(c) - '{oid,collname,collnamespace,collowner,collversion}'::text[])), c.collowner, null, null
      from pg_catalog.pg_collation as c
      join namespace as n on n.oid = c.collnamespace
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_collation'::regclass and m.objid = c.oid)

       and ($1::oid[] is null or c.oid = any ($1))
    -- </pg_collation>

    -- <pg_conversion>
    union all
    select 'pg_catalog.pg_conversion'::regclass, c.oid, 'conversion', format('%I.%I', n.nspname, c.conname),
           format(e'from %s\nto %s\nfunction %s\ndefault %s', pg_catalog.pg_encoding_to_char(c.conforencoding), pg_catalog.pg_encoding_to_char(c.contoencoding), c.conproc, c.condefault), c.conowner, null, null
      from pg_catalog.pg_conversion as c
      join namespace as n on n.oid = c.connamespace
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_conversion'::regclass and m.objid = c.oid)

       and ($1::oid[] is null or c.oid = any ($1))
    -- </pg_conversion>

    -- <pg_ts_parser>
    union all
    select 'pg_catalog.pg_ts_parser'::regclass, p.oid, 'text search parser', format('%I.%I', n.nspname, p.prsname),
           format(e'start %s\ntoken %s\nend %s\nheadline %s\nlextype %s', p.prsstart, p.prstoken, p.prsend, p.prsheadline, p.prslextype), null, null, null
      from pg_catalog.pg_ts_parser as p
      join namespace as n on n.oid = p.prsnamespace
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_ts_parser'::regclass and m.objid = p.oid)

       and ($1::oid[] is null or p.oid = any ($1))
    -- </pg_ts_parser>

    -- <pg_ts_template>
    union all
    select 'pg_catalog.pg_ts_template'::regclass, t.oid, 'text search template', format('%I.%I', n.nspname, t.tmplname),
           format(e'init %s\nlexize %s', t.tmplinit, t.tmpllexize), null, null, null
      from pg_catalog.pg_ts_template as t
      join namespace as n on n.oid = t.tmplnamespace
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_ts_template'::regclass and m.objid = t.oid)

       and ($1::oid[] is null or t.oid = any ($1))
    -- </pg_ts_template>

    -- <pg_ts_dict>
    union all
    select 'pg_catalog.pg_ts_dict'::regclass, d.oid, 'text search dictionary', d.oid::regdictionary::text,
           concat_ws(e'\n', 'template ' || (pg_catalog.pg_identify_object('pg_catalog.pg_ts_template'::regclass, d.dicttemplate, 0)).identity,
                     'options ' || d.dictinitoption),
           d.dictowner, null, null
      from pg_catalog.pg_ts_dict as d
      join namespace as n on n.oid = d.dictnamespace
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_ts_dict'::regclass and m.objid = d.oid)

       and ($1::oid[] is null or d.oid = any ($1))
    -- </pg_ts_dict>

    -- <pg_ts_config>
    union all
    select 'pg_catalog.pg_ts_config'::regclass, c.oid, 'text search configuration', c.oid::regconfig::text,
           concat_ws(e'\n',
               'parser ' || (pg_catalog.pg_identify_object('pg_catalog.pg_ts_parser'::regclass, c.cfgparser, 0)).identity,
               (select string_agg(format('token %s %s %s', m.maptokentype, m.mapseqno, m.mapdict::regdictionary), e'\n' order by m.maptokentype, m.mapseqno)
                  from pg_catalog.pg_ts_config_map as m where m.mapcfg = c.oid)),
           c.cfgowner, null, null
      from pg_catalog.pg_ts_config as c
      join namespace as n on n.oid = c.cfgnamespace
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_ts_config'::regclass and m.objid = c.oid)

       and ($1::oid[] is null or c.oid = any ($1))
    -- </pg_ts_config>

    -- <pg_statistic_ext>
    union all
    select 'pg_catalog.pg_statistic_ext'::regclass, s.oid, 'statistics', format('%I.%I', n.nspname, s.stxname),
           concat_ws(e'\n', pg_catalog.pg_get_statisticsobjdef(s.oid), 'target ' || nullif(to_jsonb(s) ->> 'stxstattarget', '-1')),
           s.stxowner, null, null
      from pg_catalog.pg_statistic_ext as s
      join namespace as n on n.oid = s.stxnamespace
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_statistic_ext'::regclass and m.objid = s.oid)

       and ($1::oid[] is null or s.oid = any ($1))
    -- </pg_statistic_ext>

    -- <pg_language>
    union all
    -- what has no schema: the system's own objects have OIDs below 16384
    select 'pg_catalog.pg_language'::regclass, l.oid, 'language', quote_ident(l.lanname),
           format(e'trusted %s\nhandler %s\ninline %s\nvalidator %s', l.lanpltrusted, l.lanplcallfoid::regprocedure, l.laninline::regprocedure, l.lanvalidator::regprocedure),
           l.lanowner, l.lanacl, 'l'
      from pg_catalog.pg_language as l
     where l.oid >= 16384
       and not exists (select from member as m where m.classid = 'pg_catalog.pg_language'::regclass and m.objid = l.oid)

       and ($1::oid[] is null or l.oid = any ($1))
    -- </pg_language>

    -- <pg_am>
    union all
    select 'pg_catalog.pg_am'::regclass, a.oid, 'access method', quote_ident(a.amname), format(e'type %s\nhandler %s', a.amtype, a.amhandler), null, null, null
      from pg_catalog.pg_am as a
     where a.oid >= 16384
       and not exists (select from member as m where m.classid = 'pg_catalog.pg_am'::regclass and m.objid = a.oid)

       and ($1::oid[] is null or a.oid = any ($1))
    -- </pg_am>

    -- <pg_transform>
    union all
    select 'pg_catalog.pg_transform'::regclass, t.oid, 'transform',
           format('for %s language %I', t.trftype::regtype, (select l.lanname from pg_catalog.pg_language as l where l.oid = t.trflang)),
           format(e'from %s\nto %s', t.trffromsql::oid::regprocedure, t.trftosql::oid::regprocedure), null, null, null
      from pg_catalog.pg_transform as t
     where t.oid >= 16384
       and not exists (select from member as m where m.classid = 'pg_catalog.pg_transform'::regclass and m.objid = t.oid)

       and ($1::oid[] is null or t.oid = any ($1))
    -- </pg_transform>

    -- <pg_extension>
    union all
    select 'pg_catalog.pg_extension'::regclass, e.oid, 'extension', quote_ident(e.extname),
           format(e'version %s\nschema %I', e.extversion, n.nspname), null, null, null
      from pg_catalog.pg_extension as e
      join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
     where ($1::oid[] is null or e.oid = any ($1))
    -- </pg_extension>

    -- <pg_event_trigger>
    union all
    select 'pg_catalog.pg_event_trigger'::regclass, e.oid, 'event trigger', quote_ident(e.evtname),
           concat_ws(e'\n', format(e'on %s\nexecute %s', e.evtevent, e.evtfoid::regprocedure),
               'tags ' || (select string_agg(tag, ', ' order by tag collate "C") from unnest(e.evttags) as tag),
               case e.evtenabled when 'D' then 'disabled' when 'A' then 'enabled always' when 'R' then 'enabled replica' end),
           e.evtowner, null, null
      from pg_catalog.pg_event_trigger as e
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_event_trigger'::regclass and m.objid = e.oid)

       and ($1::oid[] is null or e.oid = any ($1))
    -- </pg_event_trigger>

    -- <pg_publication>
    union all
    select 'pg_catalog.pg_publication'::regclass, p.oid, 'publication', quote_ident(p.pubname),
           concat_ws(e'\n',
               (select string_agg(concat_ws(' ', key, coalesce(value, 'null')), e'\n' order by key collate "C")
                  from jsonb_each_text(to_jsonb(p) - '{oid,pubname,pubowner}'::text[])),
               (select string_agg(concat_ws(' ', 'table', t.prrelid::regclass::text,
                                      -- column lists exist from 15 on, and so do row filters and schemas: definition_from_15.sql
                                      'columns ' || (select string_agg(quote_ident(a.attname), ', ' order by a.attname collate "C")
                                                       from pg_catalog.pg_attribute as a
                                                      where a.attrelid = t.prrelid
                                                        and to_jsonb(t) -> 'prattrs' @> to_jsonb(a.attnum))),
                                  e'\n' order by t.prrelid::regclass::text collate "C")
                  from pg_catalog.pg_publication_rel as t where t.prpubid = p.oid)),
           p.pubowner, null, null
      from pg_catalog.pg_publication as p
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_publication'::regclass and m.objid = p.oid)

       and ($1::oid[] is null or p.oid = any ($1))
    -- </pg_publication>

    -- <pg_foreign_data_wrapper>
    union all
    select 'pg_catalog.pg_foreign_data_wrapper'::regclass, w.oid, 'foreign data wrapper', quote_ident(w.fdwname),
           concat_ws(e'\n', format(e'handler %s\nvalidator %s', w.fdwhandler::regprocedure, w.fdwvalidator::regprocedure),
                     'options ' || (select string_agg(o, ', ' order by o collate "C") from unnest(w.fdwoptions) as o)),
           w.fdwowner, w.fdwacl, 'F'
      from pg_catalog.pg_foreign_data_wrapper as w
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass and m.objid = w.oid)

       and ($1::oid[] is null or w.oid = any ($1))
    -- </pg_foreign_data_wrapper>

    -- <pg_foreign_server>
    union all
    select 'pg_catalog.pg_foreign_server'::regclass, s.oid, 'foreign server', quote_ident(s.srvname),
           concat_ws(e'\n', format('wrapper %I', w.fdwname), 'type ' || s.srvtype, 'version ' || s.srvversion,
                     'options ' || (select string_agg(o, ', ' order by o collate "C") from unnest(s.srvoptions) as o)),
           s.srvowner, s.srvacl, 'S'
      from pg_catalog.pg_foreign_server as s
      join pg_catalog.pg_foreign_data_wrapper as w on w.oid = s.srvfdw
     where not exists (select from member as m where m.classid = 'pg_catalog.pg_foreign_server'::regclass and m.objid = s.oid)
       and ($1::oid[] is null or s.oid = any ($1))
    -- </pg_foreign_server>
),
attribute as materialized (
    select r.identity || '.' || quote_ident(a.attname) as identity,
           a.*,
           r.relowner,
           row_number() over (partition by a.attrelid order by a.attnum) as place
      from relation as r
      join pg_catalog.pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
     where r.relkind <> 'S'
),
-- <system>
-- What belongs to the server or to an extension, and has an access list.
given (classid, objid, objsubid, owner, acl, acl_kind) as materialized (
    select 'pg_catalog.pg_proc'::regclass, f.oid, 0, f.proowner, f.proacl, 'f'::"char" from pg_catalog.pg_proc as f where f.proacl is not null
    union all
    select 'pg_catalog.pg_class'::regclass, c.oid, 0, c.relowner, c.relacl, case c.relkind when 'S' then 's' else 'r' end::"char"
      from pg_catalog.pg_class as c where c.relacl is not null
    union all
    select 'pg_catalog.pg_class'::regclass, c.oid, a.attnum, c.relowner, a.attacl, 'c'
      from pg_catalog.pg_attribute as a join pg_catalog.pg_class as c on c.oid = a.attrelid where a.attacl is not null
    union all
    select 'pg_catalog.pg_type'::regclass, t.oid, 0, t.typowner, t.typacl, 'T' from pg_catalog.pg_type as t where t.typacl is not null
    union all
    select 'pg_catalog.pg_language'::regclass, l.oid, 0, l.lanowner, l.lanacl, 'l' from pg_catalog.pg_language as l where l.lanacl is not null
    union all
    select 'pg_catalog.pg_namespace'::regclass, n.oid, 0, n.nspowner, n.nspacl, 'n' from pg_catalog.pg_namespace as n where n.nspacl is not null
    union all
    select 'pg_catalog.pg_foreign_data_wrapper'::regclass, w.oid, 0, w.fdwowner, w.fdwacl, 'F'
      from pg_catalog.pg_foreign_data_wrapper as w where w.fdwacl is not null
    union all
    select 'pg_catalog.pg_foreign_server'::regclass, s.oid, 0, s.srvowner, s.srvacl, 'S'
      from pg_catalog.pg_foreign_server as s where s.srvacl is not null
),
-- </system>
-- Access lists beside what they would be if nobody had granted or revoked: of our objects the built-in default, of those
-- of the server and of extensions how they came. The owner of the latter differs from server to server.
granted (identity, acl, usual, owner_left_out) as (
    select o.kind || ' ' || o.identity, o.acl, pg_catalog.acldefault(o.acl_kind, o.owner), null::oid
      from object as o
     where o.acl is not null
    union all
    select 'column ' || a.identity, a.attacl, pg_catalog.acldefault('c', a.relowner), null
      from attribute as a
     where a.attacl is not null
    -- <pg_database>
    union all
    select 'database', d.datacl, pg_catalog.acldefault('d', d.datdba), null
      from pg_catalog.pg_database as d
     where d.datname = pg_catalog.current_database()
       and d.datacl is not null
    -- </pg_database>
    -- <system>
    union all
    select o.type || ' ' || o.identity, g.acl, coalesce(i.initprivs, pg_catalog.acldefault(g.acl_kind, g.owner)), g.owner
      from given as g
      left join pg_catalog.pg_init_privs as i on i.classoid = g.classid and i.objoid = g.objid and i.objsubid = g.objsubid
     cross join lateral pg_catalog.pg_identify_object(g.classid, g.objid, g.objsubid) as o
     where ($1::oid[] is null or g.objid = any ($1))
       and (g.objid < 16384 or exists (select from member as m where m.classid = g.classid and m.objid = g.objid))
       and g.acl is distinct from i.initprivs
       and not exists (select from object as own where own.classid = g.classid and own.objid = g.objid)
    -- </system>
),
described (kind, identity, classid, objid, objsubid) as (
    select o.kind, o.identity, o.classid, o.objid, 0 from object as o
    union all
    select 'column', a.identity, 'pg_catalog.pg_class'::regclass, a.attrelid, a.attnum from attribute as a
)

select o.kind, o.identity, o.definition
  from object as o

union all
select 'column', a.identity,
       concat_ws(e'\n', 'place ' || a.place, 'type ' || pg_catalog.format_type(a.atttypid, a.atttypmod),
           case when a.attcollation <> t.typcollation then 'collate ' || a.attcollation::regcollation::text end,
           case when a.attnotnull then 'not null' end,
           case a.attidentity when 'a' then 'generated always as identity' when 'd' then 'generated by default as identity' end,
           case a.attgenerated when '' then 'default ' when 's' then 'generated stored ' else 'generated virtual ' end
               || pg_catalog.pg_get_expr(d.adbin, d.adrelid),
           case when a.attstorage <> t.typstorage
                then 'storage ' || case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end,
           'compression ' || case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' else nullif(a.attcompression::text, '') end,
           'statistics ' || nullif(nullif(to_jsonb(a.attstattarget)::text, 'null'), '-1'),
           -- `pg_attver` is a counter that the server keeps here for itself since 15.20; pg_dump leaves it out too.
           'options ' || (select string_agg(o, ', ' order by o collate "C") from unnest(a.attoptions) as o where o not like 'pg\_attver=%'),
           'foreign ' || (select string_agg(o, ', ' order by o collate "C") from unnest(a.attfdwoptions) as o),
           case when not a.attislocal then 'inherited' end)
  from attribute as a
  join pg_catalog.pg_type as t on t.oid = a.atttypid
  left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum

union all
select 'owner', o.kind || ' ' || o.identity, pg_catalog.pg_get_userbyid(o.owner)
  from object as o
 where o.owner is not null

union all
select 'acl', g.identity, difference.lines
  from granted as g
 cross join lateral (
       select string_agg(kept.line, e'\n' order by kept.line collate "C") as lines
         from (select case when bool_or(each.is_usual) then 'without ' else '' end || each.line as line
                 from (select x.is_usual,
                              concat(case x.grantee when 0 then 'public' else quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end,
                                     ' ', lower(x.privilege_type), case when x.is_grantable then ' with grant option' end) as line
                         from (select false as is_usual, actual.* from pg_catalog.aclexplode(g.acl) as actual
                               union all
                               select true, usual.* from pg_catalog.aclexplode(g.usual) as usual) as x
                        where x.grantee is distinct from g.owner_left_out) as each
                group by each.line
               having not (bool_or(each.is_usual) and bool_or(not each.is_usual))) as kept) as difference
 where difference.lines is not null

union all
select 'comment', d.kind || ' ' || d.identity, c.description
  from described as d
 cross join lateral (select m.description
                       from pg_catalog.pg_description as m
                      where m.classoid = d.classid and m.objoid = d.objid and m.objsubid = d.objsubid
                     offset 0) as c -- by index: what is asked for may be few

union all
select 'extension dependency', d.kind || ' ' || d.identity, string_agg('extension ' || quote_ident(e.extname), e'\n' order by e.extname)
  from described as d
  join pg_catalog.pg_depend as x on x.classid = d.classid and x.objid = d.objid and x.objsubid = 0 and x.deptype = 'x'
   and x.refclassid = 'pg_catalog.pg_extension'::regclass
  join pg_catalog.pg_extension as e on e.oid = x.refobjid
 where d.objsubid = 0
 group by d.kind, d.identity

union all
select 'security label', d.kind || ' ' || d.identity || ' for ' || l.provider, l.label
  from described as d
  join pg_catalog.pg_seclabel as l on l.classoid = d.classid and l.objoid = d.objid and l.objsubid = d.objsubid

-- <pg_user_mapping>
union all
select 'user mapping', format('%I on %I', m.usename, m.srvname), ''
  from pg_catalog.pg_user_mappings as m
-- </pg_user_mapping>

-- <pg_default_acl>
union all
select 'default privileges',
       format('of %I%s for %s', pg_catalog.pg_get_userbyid(a.defaclrole), coalesce(' in ' || quote_ident(n.nspname), ''),
              case a.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
                                   when 'n' then 'schemas' else a.defaclobjtype::text end),
       coalesce((select string_agg(line, e'\n' order by line collate "C")
                   from (select concat(case x.grantee when 0 then 'public' else quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end,
                                       ' ', lower(x.privilege_type), case when x.is_grantable then ' with grant option' end) as line
                           from pg_catalog.aclexplode(a.defaclacl) as x
                          group by 1) as distinct_lines), 'nobody')
  from pg_catalog.pg_default_acl as a
  left join namespace as n on n.oid = a.defaclnamespace
 where a.defaclnamespace = 0
    or n.oid is not null
-- </pg_default_acl>

-- <pg_database>
union all
select 'database', 'database',
       (select string_agg(concat_ws(' ', key, coalesce(value, 'null')), e'\n' order by key collate "C")
          from jsonb_each_text(to_jsonb(d) - '{oid,datname,datdba,datistemplate,datallowconn,datconnlimit,datlastsysoid,datfrozenxid,datminmxid,dattablespace,datcollversion,datacl,dathasloginevt}'::text[]))
  from pg_catalog.pg_database as d
 where d.datname = pg_catalog.current_database()
-- </pg_database>

-- <pg_database>
union all
select 'owner', 'database', pg_catalog.pg_get_userbyid(d.datdba)
  from pg_catalog.pg_database as d
 where d.datname = pg_catalog.current_database()
-- </pg_database>

-- <pg_db_role_setting>
union all
select 'setting', case s.setrole when 0 then 'of the database' else 'of role ' || quote_ident(pg_catalog.pg_get_userbyid(s.setrole)) end
                  || ': ' || split_part(setting, '=', 1),
       substr(setting, strpos(setting, '=') + 1)
  from pg_catalog.pg_db_role_setting as s
 cross join unnest(s.setconfig) as setting
 where s.setdatabase = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
   and setting not like 'oneroof.mark=%'
-- </pg_db_role_setting>
