
declare
{{figures}}begin
{{reads}}    perform set_config({{setting}}, {{value}}, {{local}});
end
