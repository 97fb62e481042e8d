-- Ends the session with process id $1 and waits, at most five seconds, until it is gone.
select pg_catalog.pg_terminate_backend($1::int4, 5000) as gone
