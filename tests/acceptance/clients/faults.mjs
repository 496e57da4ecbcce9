// Each fault met by the TypeScript SDK, plain and streamed: prints what came of it as JSON.
// Run by test_faults_sdks.py; given a JSON object: name of the case -> what the header asks for.
import { readFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";

const cases = JSON.parse(process.argv[2]);
const request = { model: "claude-haiku-4-5", max_tokens: 200, messages: [{ role: "user", content: "Erzähle von Brücken" }] };

const create = (client) => client.messages.create(request);

const stream = async (client) => {
  let text = "";
  const events = client.messages.stream(request).on("text", (piece) => (text += piece));
  const message = await events.finalMessage();
  if (text !== message.content[0].text) throw new Error("the pieces are not the text");
  return message;
};

const seen = async (act, fault) => {
  let requests = 0;
  const counting = (...given) => {
    requests += 1;
    return fetch(...given);
  };
  const defaultHeaders = { "x-fakeapi-fault": fault };
  const client = new Anthropic({ fetch: counting, defaultHeaders, timeout: 1500 });
  try {
    const message = await act(client);
    return { text: message.content?.[0]?.text ?? null, stop_reason: message.stop_reason ?? null, requests };
  } catch (error) {
    return { error: error.constructor.name, status: error.status ?? null, sentence: String(error.message).slice(0, 200), requests };
  }
};

const found = {};
await Promise.all(
  Object.entries(cases).map(async ([name, fault]) => {
    found[name] = { plain: await seen(create, fault), stream: await seen(stream, fault) };
  }),
);
const { version } = JSON.parse(readFileSync(new URL("node_modules/@anthropic-ai/sdk/package.json", import.meta.url)));
console.log(JSON.stringify({ version, found: Object.fromEntries(Object.keys(cases).map((name) => [name, found[name]])) }));
