-- For each catalog of objects: which object a row of it belongs to, as (name of the class, object,
-- is it the row of the object itself?, row, xmin, xmax). Rows of indexes
-- belong to their table, those of columns, constraints, triggers, policies and rules too. A catalog whose rows have no
-- object of their own in a definition stands for itself. A line `

-- catalog NAME` begins a part.
-- Not listed, because their rows follow from others or say nothing about a definition: pg_shdepend, pg_statistic,
-- pg_statistic_ext_data, pg_init_privs, pg_largeobject, pg_subscription_rel, pg_replication_origin.

-- catalog pg_class
select 'pg_class', coalesce(i.indrelid, owner.oid, t.oid), i.indexrelid is null and owner.oid is null, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_class as t
  left join pg_catalog.pg_index as i on i.indexrelid = t.oid
  left join pg_catalog.pg_class as owner on t.relkind = 't' and owner.reltoastrelid = t.oid

-- catalog pg_attribute
select 'pg_class', coalesce(i.indrelid, t.attrelid), false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_attribute as t
  left join pg_catalog.pg_index as i on i.indexrelid = t.attrelid

-- catalog pg_attrdef
select 'pg_class', t.adrelid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_attrdef as t

-- catalog pg_constraint
select case t.contypid when 0 then 'pg_class' else 'pg_type' end,
       case t.contypid when 0 then t.conrelid else t.contypid end, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_constraint as t

-- catalog pg_index
select 'pg_class', t.indrelid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_index as t

-- catalog pg_inherits
select 'pg_class', coalesce(i.indrelid, t.inhrelid), false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_inherits as t
  left join pg_catalog.pg_index as i on i.indexrelid = t.inhrelid

-- catalog pg_partitioned_table
select 'pg_class', t.partrelid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_partitioned_table as t

-- catalog pg_trigger
select 'pg_class', t.tgrelid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_trigger as t

-- catalog pg_rewrite
select 'pg_class', t.ev_class, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_rewrite as t

-- catalog pg_policy
select 'pg_class', t.polrelid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_policy as t

-- catalog pg_sequence
select 'pg_class', t.seqrelid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_sequence as t

-- catalog pg_foreign_table
select 'pg_class', t.ftrelid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_foreign_table as t

-- catalog pg_statistic_ext
select 'pg_statistic_ext', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_statistic_ext as t

-- catalog pg_type
select 'pg_type', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_type as t

-- catalog pg_enum
select 'pg_type', t.enumtypid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_enum as t

-- catalog pg_range
select 'pg_type', t.rngtypid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_range as t

-- catalog pg_proc
select 'pg_proc', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_proc as t

-- catalog pg_aggregate
select 'pg_proc', t.aggfnoid::oid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_aggregate as t

-- catalog pg_operator
select 'pg_operator', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_operator as t

-- catalog pg_opclass
select 'pg_opclass', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_opclass as t

-- catalog pg_opfamily
select 'pg_opfamily', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_opfamily as t

-- catalog pg_amop
select 'pg_opfamily', t.amopfamily, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_amop as t

-- catalog pg_amproc
select 'pg_opfamily', t.amprocfamily, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_amproc as t

-- catalog pg_namespace
select 'pg_namespace', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_namespace as t

-- catalog pg_language
select 'pg_language', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_language as t

-- catalog pg_cast
select 'pg_cast', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_cast as t

-- catalog pg_collation
select 'pg_collation', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_collation as t

-- catalog pg_conversion
select 'pg_conversion', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_conversion as t

-- catalog pg_extension
select 'pg_extension', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_extension as t

-- catalog pg_foreign_data_wrapper
select 'pg_foreign_data_wrapper', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_foreign_data_wrapper as t

-- catalog pg_foreign_server
select 'pg_foreign_server', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_foreign_server as t

-- catalog pg_event_trigger
select 'pg_event_trigger', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_event_trigger as t

-- catalog pg_transform
select 'pg_transform', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_transform as t

-- catalog pg_am
select 'pg_am', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_am as t

-- catalog pg_publication
select 'pg_publication', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_publication as t

-- catalog pg_publication_rel
select 'pg_publication', t.prpubid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_publication_rel as t

-- catalog pg_publication_namespace
select 'pg_publication', t.pnpubid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_publication_namespace as t

-- catalog pg_ts_config
select 'pg_ts_config', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_ts_config as t

-- catalog pg_ts_dict
select 'pg_ts_dict', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_ts_dict as t

-- catalog pg_ts_parser
select 'pg_ts_parser', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_ts_parser as t

-- catalog pg_ts_template
select 'pg_ts_template', t.oid, true, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_ts_template as t

-- catalog pg_ts_config_map
select 'pg_ts_config', t.mapcfg, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_ts_config_map as t

-- catalog pg_description
select class.relname::text, coalesce(i.indrelid, t.objoid), false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_description as t
  join pg_catalog.pg_class as class on class.oid = t.classoid
  left join pg_catalog.pg_index as i on t.classoid = 'pg_catalog.pg_class'::regclass and i.indexrelid = t.objoid

-- catalog pg_seclabel
select class.relname::text, coalesce(i.indrelid, t.objoid), false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_seclabel as t
  join pg_catalog.pg_class as class on class.oid = t.classoid
  left join pg_catalog.pg_index as i on t.classoid = 'pg_catalog.pg_class'::regclass and i.indexrelid = t.objoid

-- catalog pg_depend
select class.relname::text, t.objid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_depend as t
  join pg_catalog.pg_class as class on class.oid = t.classid
 where t.deptype in ('e', 'x')
    or t.deptype = 'a' and t.classid = 'pg_catalog.pg_class'::regclass and t.refclassid = 'pg_catalog.pg_class'::regclass

-- catalog pg_default_acl
select 'pg_default_acl', 'pg_catalog.pg_default_acl'::regclass::oid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_default_acl as t

-- catalog pg_user_mapping
select 'pg_user_mapping', 'pg_catalog.pg_user_mapping'::regclass::oid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_user_mapping as t

-- catalog pg_db_role_setting
select 'pg_db_role_setting', 'pg_catalog.pg_db_role_setting'::regclass::oid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_db_role_setting as t

-- catalog pg_database
select 'pg_database', 'pg_catalog.pg_database'::regclass::oid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_database as t

-- catalog pg_shdescription
select 'pg_shdescription', 'pg_catalog.pg_shdescription'::regclass::oid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_shdescription as t

-- catalog pg_shseclabel
select 'pg_shseclabel', 'pg_catalog.pg_shseclabel'::regclass::oid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_shseclabel as t

-- catalog pg_authid
select 'pg_authid', 'pg_catalog.pg_authid'::regclass::oid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_authid as t

-- catalog pg_auth_members
select 'pg_auth_members', 'pg_catalog.pg_auth_members'::regclass::oid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_auth_members as t

-- catalog pg_parameter_acl
select 'pg_parameter_acl', 'pg_catalog.pg_parameter_acl'::regclass::oid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_parameter_acl as t

-- catalog pg_subscription
select 'pg_subscription', 'pg_catalog.pg_subscription'::regclass::oid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_subscription as t

-- catalog pg_tablespace
select 'pg_tablespace', 'pg_catalog.pg_tablespace'::regclass::oid, false, to_jsonb(t), t.xmin, t.xmax
  from pg_catalog.pg_tablespace as t
