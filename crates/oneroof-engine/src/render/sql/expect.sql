
declare
{{figures}}begin
{{needs}}{{reads}}{{expectations}}{{marker}}end
