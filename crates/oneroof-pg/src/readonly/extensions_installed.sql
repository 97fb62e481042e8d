-- Which of these extensions are installed.
select e.extname::text as name
from pg_extension as e
where e.extname::text = any ($1::text[])
