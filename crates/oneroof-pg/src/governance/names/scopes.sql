select s.scope_code from governance_responsibility_scope as s order by 1
