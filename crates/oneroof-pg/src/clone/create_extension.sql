-- The statements that install extension $1 in version $2 in schema $3 before the dump, which names no versions.
select format('create extension %I with schema %I version %L', $1::text, $3::text, $2::text) as create_extension
