// The official MCP client, driven by a test. The last argument is a JSON object: `stdio` {command, args, env} or `http` {url, token,
// headers}, and `calls` [{name, arguments}]. Prints one JSON object: what the server said of itself, its tools, the results.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const wanted = JSON.parse(process.argv.at(-1));
const headers = { ...(wanted.http?.headers ?? {}) };
if (wanted.http?.token) headers.Authorization = `Bearer ${wanted.http.token}`;
const transport = wanted.http
  ? new StreamableHTTPClientTransport(new URL(wanted.http.url), { requestInit: { headers } })
  : new StdioClientTransport(wanted.stdio);
const client = new Client({ name: "oneroof-test", version: "1" });
await client.connect(transport);
const { tools } = await client.listTools();
const results = [];
for (const call of wanted.calls) {
  try {
    results.push(await client.callTool(call));
  } catch (error) {
    results.push({ protocolError: String(error.message), code: error.code });
  }
}
console.log(JSON.stringify({
  server: client.getServerVersion(),
  instructions: client.getInstructions(),
  tools,
  results,
}));
await client.close();
