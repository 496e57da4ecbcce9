// The documented examples and one refusal of each kind, through the TypeScript SDK: prints what came back as JSON.
import Anthropic from "@anthropic-ai/sdk";

const model = "claude-opus-4-1-20250805";
const picture = process.argv[2];
const ant = "https://upload.wikimedia.org/wikipedia/commons/a/a7/Camponotus_flavomarginatus_ant.jpg";
const hello = [{ role: "user", content: "Hello, Claude" }];
const client = new Anthropic({ maxRetries: 0 });

const ask = (messages, max_tokens = 1024, by = client, options) =>
  by.messages.create({ model, max_tokens, messages }, options);

const seen = async (promise) => {
  const message = await promise;
  const text = message.content.map((block) => block.text).join("");
  return [text, message.stop_reason, message.usage.input_tokens, message.usage.output_tokens];
};

const vision = (source) =>
  seen(
    ask([{ role: "user", content: [{ type: "image", source }, { type: "text", text: "What is in the above image?" }] }]),
  );

const refused = async (attempt) => {
  try {
    await attempt();
  } catch (fault) {
    return [fault.constructor.name, fault.status, fault.error.error.message, Boolean(fault.requestID)];
  }
  return null;
};

const latin = "What is latin for Ant? (A) Apoidea, (B) Rhopalocera, (C) Formicidae";
const at = (baseURL) => new Anthropic({ baseURL, maxRetries: 0 });
const base = client.baseURL.replace(/\/$/, "");
const results = {
  basic: await seen(ask(hello)),
  turns: await seen(
    ask([...hello, { role: "assistant", content: "Hello!" }, { role: "user", content: "Can you describe LLMs to me?" }]),
  ),
  prefill: await seen(ask([{ role: "user", content: latin }, { role: "assistant", content: "The answer is (" }], 1)),
  base64: await vision({ type: "base64", media_type: "image/png", data: picture }),
  url: await vision({ type: "url", url: ant }),
  request_id: (await ask(hello))._request_id,
  other: await seen(ask([{ role: "user", content: "What is a viaduct?" }])),
  bad_key: await refused(() => ask(hello, 16, new Anthropic({ apiKey: "wrong", maxRetries: 0 }))),
  bad_body: await refused(() => ask([])),
  bad_beta: await refused(() => ask(hello, 16, client, { headers: { "anthropic-beta": "nope" } })),
  bad_version: await refused(() => ask(hello, 16, client, { headers: { "anthropic-version": "2020-01-01" } })),
  bad_model: await refused(() => client.messages.create({ model: "claude-none", max_tokens: 1, messages: hello })),
  bad_path: await refused(() => client.post("/v1/nothing")),
  bad_method: await refused(() => client.get("/v1/messages")),
  too_large: await refused(() => ask([{ role: "user", content: "x".repeat(33 * 1024 * 1024) }])),
  slash: await seen(ask(hello, 1024, at(base + "/"))),
  prefix: await seen(ask(hello, 1024, at(base + "/some/proxy"))),
};
console.log(JSON.stringify(results));
