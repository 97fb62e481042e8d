-- Appends one entry of kind $1 with the JSON object $2, in the caller's transaction.
select seq, hash
  from oneroof.append($1::text, $2::jsonb)
