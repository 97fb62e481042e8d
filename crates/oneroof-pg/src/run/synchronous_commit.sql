-- For this transaction: on, if it is off; a stronger setting stays.
select set_config('synchronous_commit', 'on', true)
where current_setting('synchronous_commit') = 'off'
