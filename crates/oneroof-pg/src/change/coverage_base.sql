-- Coverage of responsibility, from the base alone.
select jsonb_build_object(
    'axis', 'responsibility',
    'required', (
        select count(*)
        from v_governance_object_inventory as i
        where i.born
          and i.requires_owner
    ) * (
        select count(*)
        from governance_responsibility_scope as s
        where s.status = 'active'
    ),
    'gap', (select count(*) from v_object_owner_gap),
    'conflict', (select count(*) from v_object_owner_conflict)
)
