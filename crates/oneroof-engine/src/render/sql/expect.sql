
declare
{{figures}}begin
{{needs}}{{reads}}{{expectations}}end
