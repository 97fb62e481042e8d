-- The one function of package one-roof. It writes the three tables of the scanner.
select fn_governance_scan($1::text, $2::text)
