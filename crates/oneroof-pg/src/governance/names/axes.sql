select a.axis_code from axis_registry as a order by 1
