select g.code from governance_registry as g order by 1
