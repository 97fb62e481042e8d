-- Each axis with its values, rules and cells.
select jsonb_build_object(
    'axis',           a.axis_code,
    'name',           a.axis_name,
    'kind',           a.axis_kind,
    'status',         a.status,
    'active_values',  a.active_values,
    'active_rules',   a.active_rules,
    'required_cells', a.required_cells,
    'gap_cells',      a.gap_cells,
    'quarantine',     a.quarantine
)
from v_ui_axis_browser as a
order by a.axis_code
