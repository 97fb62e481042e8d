-- For the rest of this transaction the session is one of role $1, rights to set roles included.
select set_config('session_authorization', $1::text, true)
