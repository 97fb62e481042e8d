-- For each catalog of objects: which object a row of it belongs to, as (class, object, xmin, xmax, ctid). Rows of indexes
-- belong to their table, those of columns, constraints, triggers, policies and rules too. A catalog whose rows have no
-- object of their own in a definition stands for itself. A line `-- catalog NAME` begins a part.
-- Not listed, because their rows follow from others or say nothing about a definition: pg_shdepend, pg_statistic,
-- pg_statistic_ext_data, pg_init_privs, pg_largeobject, pg_subscription_rel, pg_replication_origin.

-- catalog pg_class
select 'pg_catalog.pg_class'::regclass::oid, coalesce(i.indrelid, owner.oid, t.oid), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_class as t
  left join pg_catalog.pg_index as i on i.indexrelid = t.oid
  left join pg_catalog.pg_class as owner on t.relkind = 't' and owner.reltoastrelid = t.oid

-- catalog pg_attribute
select 'pg_catalog.pg_class'::regclass::oid, coalesce(i.indrelid, t.attrelid), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_attribute as t
  left join pg_catalog.pg_index as i on i.indexrelid = t.attrelid

-- catalog pg_attrdef
select 'pg_catalog.pg_class'::regclass::oid, t.adrelid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_attrdef as t

-- catalog pg_constraint
select case t.contypid when 0 then 'pg_catalog.pg_class' else 'pg_catalog.pg_type' end::regclass::oid,
       case t.contypid when 0 then t.conrelid else t.contypid end, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_constraint as t

-- catalog pg_index
select 'pg_catalog.pg_class'::regclass::oid, t.indrelid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_index as t

-- catalog pg_inherits
select 'pg_catalog.pg_class'::regclass::oid, coalesce(i.indrelid, t.inhrelid), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_inherits as t
  left join pg_catalog.pg_index as i on i.indexrelid = t.inhrelid

-- catalog pg_partitioned_table
select 'pg_catalog.pg_class'::regclass::oid, t.partrelid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_partitioned_table as t

-- catalog pg_trigger
select 'pg_catalog.pg_class'::regclass::oid, t.tgrelid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_trigger as t

-- catalog pg_rewrite
select 'pg_catalog.pg_class'::regclass::oid, t.ev_class, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_rewrite as t

-- catalog pg_policy
select 'pg_catalog.pg_class'::regclass::oid, t.polrelid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_policy as t

-- catalog pg_sequence
select 'pg_catalog.pg_class'::regclass::oid, t.seqrelid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_sequence as t

-- catalog pg_foreign_table
select 'pg_catalog.pg_class'::regclass::oid, t.ftrelid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_foreign_table as t

-- catalog pg_statistic_ext
select 'pg_catalog.pg_statistic_ext'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_statistic_ext as t

-- catalog pg_type
select 'pg_catalog.pg_type'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_type as t

-- catalog pg_enum
select 'pg_catalog.pg_type'::regclass::oid, t.enumtypid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_enum as t

-- catalog pg_range
select 'pg_catalog.pg_type'::regclass::oid, t.rngtypid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_range as t

-- catalog pg_proc
select 'pg_catalog.pg_proc'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_proc as t

-- catalog pg_aggregate
select 'pg_catalog.pg_proc'::regclass::oid, t.aggfnoid::oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_aggregate as t

-- catalog pg_operator
select 'pg_catalog.pg_operator'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_operator as t

-- catalog pg_opclass
select 'pg_catalog.pg_opclass'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_opclass as t

-- catalog pg_opfamily
select 'pg_catalog.pg_opfamily'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_opfamily as t

-- catalog pg_amop
select 'pg_catalog.pg_opfamily'::regclass::oid, t.amopfamily, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_amop as t

-- catalog pg_amproc
select 'pg_catalog.pg_opfamily'::regclass::oid, t.amprocfamily, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_amproc as t

-- catalog pg_namespace
select 'pg_catalog.pg_namespace'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_namespace as t

-- catalog pg_language
select 'pg_catalog.pg_language'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_language as t

-- catalog pg_cast
select 'pg_catalog.pg_cast'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_cast as t

-- catalog pg_collation
select 'pg_catalog.pg_collation'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_collation as t

-- catalog pg_conversion
select 'pg_catalog.pg_conversion'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_conversion as t

-- catalog pg_extension
select 'pg_catalog.pg_extension'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_extension as t

-- catalog pg_foreign_data_wrapper
select 'pg_catalog.pg_foreign_data_wrapper'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_foreign_data_wrapper as t

-- catalog pg_foreign_server
select 'pg_catalog.pg_foreign_server'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_foreign_server as t

-- catalog pg_event_trigger
select 'pg_catalog.pg_event_trigger'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_event_trigger as t

-- catalog pg_transform
select 'pg_catalog.pg_transform'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_transform as t

-- catalog pg_am
select 'pg_catalog.pg_am'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_am as t

-- catalog pg_publication
select 'pg_catalog.pg_publication'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_publication as t

-- catalog pg_publication_rel
select 'pg_catalog.pg_publication'::regclass::oid, t.prpubid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_publication_rel as t

-- catalog pg_publication_namespace
select 'pg_catalog.pg_publication'::regclass::oid, t.pnpubid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_publication_namespace as t

-- catalog pg_ts_config
select 'pg_catalog.pg_ts_config'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_ts_config as t

-- catalog pg_ts_dict
select 'pg_catalog.pg_ts_dict'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_ts_dict as t

-- catalog pg_ts_parser
select 'pg_catalog.pg_ts_parser'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_ts_parser as t

-- catalog pg_ts_template
select 'pg_catalog.pg_ts_template'::regclass::oid, t.oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_ts_template as t

-- catalog pg_ts_config_map
select 'pg_catalog.pg_ts_config'::regclass::oid, t.mapcfg, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_ts_config_map as t

-- catalog pg_description
select t.classoid, coalesce(i.indrelid, t.objoid), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_description as t
  left join pg_catalog.pg_index as i on t.classoid = 'pg_catalog.pg_class'::regclass and i.indexrelid = t.objoid

-- catalog pg_seclabel
select t.classoid, coalesce(i.indrelid, t.objoid), t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_seclabel as t
  left join pg_catalog.pg_index as i on t.classoid = 'pg_catalog.pg_class'::regclass and i.indexrelid = t.objoid

-- catalog pg_depend
select t.classid, t.objid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_depend as t
 where t.deptype in ('e', 'x')
    or t.deptype = 'a' and t.classid = 'pg_catalog.pg_class'::regclass and t.refclassid = 'pg_catalog.pg_class'::regclass

-- catalog pg_default_acl
select 'pg_catalog.pg_default_acl'::regclass::oid, 'pg_catalog.pg_default_acl'::regclass::oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_default_acl as t

-- catalog pg_user_mapping
select 'pg_catalog.pg_user_mapping'::regclass::oid, 'pg_catalog.pg_user_mapping'::regclass::oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_user_mapping as t

-- catalog pg_db_role_setting
select 'pg_catalog.pg_db_role_setting'::regclass::oid, 'pg_catalog.pg_db_role_setting'::regclass::oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_db_role_setting as t

-- catalog pg_database
select 'pg_catalog.pg_database'::regclass::oid, 'pg_catalog.pg_database'::regclass::oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_database as t

-- catalog pg_shdescription
select 'pg_catalog.pg_shdescription'::regclass::oid, 'pg_catalog.pg_shdescription'::regclass::oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_shdescription as t

-- catalog pg_shseclabel
select 'pg_catalog.pg_shseclabel'::regclass::oid, 'pg_catalog.pg_shseclabel'::regclass::oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_shseclabel as t

-- catalog pg_authid
select 'pg_catalog.pg_authid'::regclass::oid, 'pg_catalog.pg_authid'::regclass::oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_authid as t

-- catalog pg_auth_members
select 'pg_catalog.pg_auth_members'::regclass::oid, 'pg_catalog.pg_auth_members'::regclass::oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_auth_members as t

-- catalog pg_parameter_acl
select 'pg_catalog.pg_parameter_acl'::regclass::oid, 'pg_catalog.pg_parameter_acl'::regclass::oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_parameter_acl as t

-- catalog pg_subscription
select 'pg_catalog.pg_subscription'::regclass::oid, 'pg_catalog.pg_subscription'::regclass::oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_subscription as t

-- catalog pg_tablespace
select 'pg_catalog.pg_tablespace'::regclass::oid, 'pg_catalog.pg_tablespace'::regclass::oid, t.xmin, t.xmax, t.ctid
  from pg_catalog.pg_tablespace as t
