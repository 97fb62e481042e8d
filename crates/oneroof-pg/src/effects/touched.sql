-- For each catalog of objects: the object that a row of it belongs to, as (name of the object's catalog, its OID, is this the
-- row of the object itself?). Rows of indexes, columns, constraints, triggers, policies and rules belong to their table, those
-- of row types too; of array and multirange types to the type they are of. A line `-- catalog NAME` begins a part.
-- Not listed, because their rows follow from others or say nothing about a definition: pg_shdepend, pg_statistic,
-- pg_statistic_ext_data, pg_init_privs, pg_largeobject, pg_subscription_rel, pg_replication_origin. Catalogs whose rows are no
-- objects of this database are in beside.rs.

-- catalog pg_class
select 'pg_class', 'pg_class', coalesce((select i.indrelid from pg_catalog.pg_index as i where i.indexrelid = t.oid), t.oid), t.relkind not in ('i', 'I'), to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_class as t
 where t.relkind <> 't'

-- catalog pg_attribute
select 'pg_attribute', 'pg_class', coalesce((select i.indrelid from pg_catalog.pg_index as i where i.indexrelid = t.attrelid), t.attrelid), false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_attribute as t

-- catalog locked_pg_attribute
-- The same for the relations on which the transaction holds a lock, by index: these are nearly always all.
select 'locked_pg_attribute', 'pg_class', coalesce((select i.indrelid from pg_catalog.pg_index as i where i.indexrelid = t.attrelid), t.attrelid), false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_attribute as t
 where t.attrelid = any (array(select held.relation
                                 from pg_catalog.pg_locks as held
                                where held.pid = pg_backend_pid()
                                  and held.locktype = 'relation'
                                  and held.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())))

-- catalog pg_attrdef
select 'pg_attrdef', 'pg_class', t.adrelid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_attrdef as t

-- catalog pg_constraint
select 'pg_constraint', case t.contypid when 0 then 'pg_class' else 'pg_type' end, case t.contypid when 0 then t.conrelid else t.contypid end, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_constraint as t

-- catalog pg_index
select 'pg_index', 'pg_class', t.indrelid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_index as t

-- catalog pg_inherits
select 'pg_inherits', 'pg_class', coalesce((select i.indrelid from pg_catalog.pg_index as i where i.indexrelid = t.inhrelid), t.inhrelid), false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_inherits as t

-- catalog pg_partitioned_table
select 'pg_partitioned_table', 'pg_class', t.partrelid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_partitioned_table as t

-- catalog pg_trigger
select 'pg_trigger', 'pg_class', t.tgrelid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_trigger as t
 where not t.tgisinternal

-- catalog pg_rewrite
select 'pg_rewrite', 'pg_class', t.ev_class, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_rewrite as t

-- catalog pg_policy
select 'pg_policy', 'pg_class', t.polrelid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_policy as t

-- catalog pg_sequence
select 'pg_sequence', 'pg_class', t.seqrelid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_sequence as t

-- catalog pg_foreign_table
select 'pg_foreign_table', 'pg_class', t.ftrelid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_foreign_table as t

-- catalog pg_statistic_ext
select 'pg_statistic_ext', 'pg_statistic_ext', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_statistic_ext as t

-- catalog pg_type
select 'pg_type', place.class, place.object, place.is_own, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_type as t
 cross join lateral (
       select case when base.typrelid <> 0 then 'pg_class' else 'pg_type' end as class,
              case when base.typrelid <> 0 then base.typrelid
                   when base.typtype = 'm' then (select g.rngtypid from pg_catalog.pg_range as g where g.rngmultitypid = base.oid)
                   else base.oid end as object,
              base.oid = t.oid and base.typrelid = 0 and base.typtype <> 'm' as is_own
         from pg_catalog.pg_type as base
        where base.oid = coalesce((select e.oid from pg_catalog.pg_type as e where e.oid = t.typelem and e.typarray = t.oid), t.oid)
       offset 0) as place

-- catalog pg_enum
select 'pg_enum', 'pg_type', t.enumtypid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_enum as t

-- catalog pg_range
select 'pg_range', 'pg_type', t.rngtypid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_range as t

-- catalog pg_proc
select 'pg_proc', 'pg_proc', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_proc as t

-- catalog pg_aggregate
select 'pg_aggregate', 'pg_proc', t.aggfnoid::oid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_aggregate as t

-- catalog pg_operator
select 'pg_operator', 'pg_operator', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_operator as t

-- catalog pg_opclass
select 'pg_opclass', 'pg_opclass', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_opclass as t

-- catalog pg_opfamily
select 'pg_opfamily', 'pg_opfamily', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_opfamily as t

-- catalog pg_amop
select 'pg_amop', 'pg_opfamily', t.amopfamily, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_amop as t

-- catalog pg_amproc
select 'pg_amproc', 'pg_opfamily', t.amprocfamily, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_amproc as t

-- catalog pg_namespace
select 'pg_namespace', 'pg_namespace', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_namespace as t

-- catalog pg_language
select 'pg_language', 'pg_language', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_language as t

-- catalog pg_cast
select 'pg_cast', 'pg_cast', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_cast as t

-- catalog pg_collation
select 'pg_collation', 'pg_collation', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_collation as t

-- catalog pg_conversion
select 'pg_conversion', 'pg_conversion', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_conversion as t

-- catalog pg_extension
select 'pg_extension', 'pg_extension', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_extension as t

-- catalog pg_foreign_data_wrapper
select 'pg_foreign_data_wrapper', 'pg_foreign_data_wrapper', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_foreign_data_wrapper as t

-- catalog pg_foreign_server
select 'pg_foreign_server', 'pg_foreign_server', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_foreign_server as t

-- catalog pg_event_trigger
select 'pg_event_trigger', 'pg_event_trigger', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_event_trigger as t

-- catalog pg_transform
select 'pg_transform', 'pg_transform', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_transform as t

-- catalog pg_am
select 'pg_am', 'pg_am', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_am as t

-- catalog pg_publication
select 'pg_publication', 'pg_publication', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_publication as t

-- catalog pg_publication_rel
select 'pg_publication_rel', 'pg_publication', t.prpubid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_publication_rel as t

-- catalog pg_publication_namespace
select 'pg_publication_namespace', 'pg_publication', t.pnpubid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_publication_namespace as t

-- catalog pg_ts_config
select 'pg_ts_config', 'pg_ts_config', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_ts_config as t

-- catalog pg_ts_dict
select 'pg_ts_dict', 'pg_ts_dict', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_ts_dict as t

-- catalog pg_ts_parser
select 'pg_ts_parser', 'pg_ts_parser', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_ts_parser as t

-- catalog pg_ts_template
select 'pg_ts_template', 'pg_ts_template', t.oid, true, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_ts_template as t

-- catalog pg_ts_config_map
select 'pg_ts_config_map', 'pg_ts_config', t.mapcfg, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_ts_config_map as t

-- catalog pg_description
select 'pg_description', place.class, place.object, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_description as t
 cross join lateral (
       select 'pg_class', coalesce((select i.indrelid from pg_catalog.pg_index as i where i.indexrelid = t.objoid), t.objoid)
        where t.classoid = 'pg_catalog.pg_class'::regclass
        union all
       select case k.contypid when 0 then 'pg_class' else 'pg_type' end, case k.contypid when 0 then k.conrelid else k.contypid end
         from pg_catalog.pg_constraint as k
        where t.classoid = 'pg_catalog.pg_constraint'::regclass and k.oid = t.objoid
        union all
       select 'pg_class', g.tgrelid
         from pg_catalog.pg_trigger as g
        where t.classoid = 'pg_catalog.pg_trigger'::regclass and g.oid = t.objoid
        union all
       select 'pg_class', w.ev_class
         from pg_catalog.pg_rewrite as w
        where t.classoid = 'pg_catalog.pg_rewrite'::regclass and w.oid = t.objoid
        union all
       select 'pg_class', p.polrelid
         from pg_catalog.pg_policy as p
        where t.classoid = 'pg_catalog.pg_policy'::regclass and p.oid = t.objoid
        union all
       select (select c.relname::text from pg_catalog.pg_class as c where c.oid = t.classoid), t.objoid
        where t.classoid not in ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_trigger'::regclass,
                                 'pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_policy'::regclass)) as place (class, object)

-- catalog pg_seclabel
select 'pg_seclabel', (select c.relname::text from pg_catalog.pg_class as c where c.oid = t.classoid), t.objoid, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_seclabel as t

-- catalog pg_depend
select 'pg_depend', (select c.relname::text from pg_catalog.pg_class as c where c.oid = t.classid), case t.classid when 'pg_catalog.pg_class'::regclass then coalesce((select i.indrelid from pg_catalog.pg_index as i where i.indexrelid = t.objid), t.objid) else t.objid end, false, to_jsonb(t), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_depend as t
 where t.deptype in ('e', 'x')
    or t.deptype = 'a' and t.classid = 'pg_catalog.pg_class'::regclass and t.refclassid = 'pg_catalog.pg_class'::regclass
       and t.objsubid = 0 and t.refobjsubid > 0
