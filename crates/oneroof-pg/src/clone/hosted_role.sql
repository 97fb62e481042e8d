-- The statements that make role $1 as an owner of objects and nothing else, and drop it.
select format('create role %I nologin', $1::text)      as make_statement,
       format('drop role if exists %I', $1::text)      as drop_statement
