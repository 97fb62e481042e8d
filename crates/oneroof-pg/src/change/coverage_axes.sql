-- Coverage of the active axes but responsibility.
select jsonb_build_object(
    'axis', c.axis_code,
    'required', c.required_cells,
    'gap', c.gap_cells,
    'conflict', (
        select count(*)
        from (
            select
            from axis_object_ownership as o
            where o.axis_code = c.axis_code
              and o.owner_kind = 'accountable'
              and o.lifecycle_status = 'active'
            group by o.object_type, o.object_ref, o.value_code
            having count(*) > 1
        ) as doubled
    )
)
from v_axis_coverage_summary as c
where c.axis_code <> 'responsibility'
order by c.axis_code
