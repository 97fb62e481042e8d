-- Appends an entry of kind $1 for each JSON object of $2, in their order, in the caller's transaction.
select appended.seq, appended.hash
  from unnest($2::jsonb[]) with ordinality as bodies (body, place)
 cross join lateral oneroof.append($1::text, bodies.body) as appended
 order by bodies.place
