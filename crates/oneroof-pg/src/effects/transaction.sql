-- The id of the present transaction, if it was given one, and its age.
select now.xid::text, age(now.xid)
  from (select pg_current_xact_id_if_assigned()::xid) as now (xid)
