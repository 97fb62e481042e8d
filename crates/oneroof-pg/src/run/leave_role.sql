-- Back to the role that signed in, for the rest of this transaction.
select set_config('role', 'none', true)
