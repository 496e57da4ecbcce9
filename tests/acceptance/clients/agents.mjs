// What agents do, through the official TypeScript SDK, with no rules: prints what came of it as JSON.
// Run by test_agents.py; it is given a base URL and a key, and on stdin a PDF as base64.
import { readFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { jsonSchemaOutputFormat } from "@anthropic-ai/sdk/helpers/json-schema";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";

const [model, newest, older] = ["claude-opus-4-8", "claude-opus-5-5", "claude-sonnet-4-6"];
const pdf = readFileSync(0, "utf8");
const client = new Anthropic({ maxRetries: 0 });
const question = (text) => ({ role: "user", content: text });
const textOf = (message) =>
  message.content
    .filter((block) => block.type === "text")
    .map((block) => block.text)
    .join("");

let called = [];
const weather = ({ city, unit = "celsius" }) => {
  called.push({ city, unit });
  return `${city}: 21 degrees ${unit} and sunny`;
};
const description = "Get the current weather in a city";
const byZod = betaZodTool({
  name: "get_weather",
  description,
  inputSchema: z.object({ city: z.string(), unit: z.enum(["celsius", "fahrenheit"]).default("celsius") }),
  run: weather,
});
const bySchema = betaTool({
  name: "get_weather",
  description,
  inputSchema: {
    type: "object",
    properties: { city: { type: "string" }, unit: { enum: ["celsius", "fahrenheit"], default: "celsius" } },
    required: ["city"],
  },
  run: weather,
});
const asked = { model, max_tokens: 1024, messages: [question("What is the weather in Paris?")] };

const looped = async (tool, more = {}) => {
  const messages = [];
  for await (const turn of client.beta.messages.toolRunner({ ...asked, tools: [tool], ...more })) {
    messages.push(more.stream ? await turn.finalMessage() : turn);
  }
  const calls = called;
  called = [];
  return { calls, ends: messages.map((each) => each.stop_reason), text: textOf(messages.at(-1)) };
};

const Contact = z.object({
  name: z.string(),
  email: z.email(),
  age: z.int().min(18).max(120),
  plan: z.enum(["free", "pro", "enterprise"]),
  addresses: z.array(z.object({ street: z.string(), city: z.string() })).min(1),
});
const contactSchema = {
  type: "object",
  properties: {
    name: { type: "string" },
    email: { type: "string", format: "email" },
    age: { type: "integer" },
    plan: { enum: ["free", "pro", "enterprise"] },
    addresses: {
      type: "array",
      items: {
        type: "object",
        properties: { street: { type: "string" }, city: { type: "string" } },
        required: ["street", "city"],
        additionalProperties: false,
      },
      minItems: 1,
    },
  },
  required: ["name", "email", "age", "plan", "addresses"],
  additionalProperties: false,
};
const Bounded = z.object({
  score: z.int().min(1000).max(1010),
  code: z.string().regex(/^[A-Z]{3}-\d{4}$/),
  tags: z.array(z.string()).length(4),
});
const john = "John Smith (john@example.com, 41) of 5 High Street, Leeds wants the pro plan.";
const parse = (format, said = john) => ({
  model,
  max_tokens: 2048,
  messages: [question(said)],
  output_config: { format },
});
const parsed = (message, as = Contact) => ({ parsed: as.parse(message.parsed_output), end: message.stop_reason });

const schema = (name) => ({ type: "object", properties: { [name]: { type: "string" } }, required: [name] });
const tools = [
  { name: "get_weather", description, input_schema: schema("city") },
  { name: "get_time", description: "Get the current time in a timezone", input_schema: schema("timezone") },
];
const turns = ["What is the weather in Paris?", "And what is the weather in Lima?", "Now get the time in Asia/Tokyo."];
const ask = (streamed, request) =>
  streamed ? client.messages.stream(request).finalMessage() : client.messages.create(request);

// Three turns, each with a tool; every answer goes back as it came, signatures and all.
const thought = async (thinker, thinking, streamed) => {
  const request = { model: thinker, max_tokens: 4000, thinking, tools, messages: [] };
  const [ends, thoughts, calls, said] = [[], [], [], []];
  const kept = (message) => {
    ends.push(message.stop_reason);
    thoughts.push(...message.content.filter((block) => block.type === "thinking"));
    request.messages.push({ role: "assistant", content: message.content });
    return message;
  };
  for (const turn of turns) {
    request.messages.push(question(turn));
    let message = kept(await ask(streamed, request));
    while (message.stop_reason === "tool_use") {
      const uses = message.content.filter((block) => block.type === "tool_use");
      calls.push(...uses.map(({ name, input }) => ({ name, input })));
      const results = uses.map(({ id, name }) => ({
        type: "tool_result",
        tool_use_id: id,
        content: `${name} says 21`,
      }));
      request.messages.push({ role: "user", content: results });
      message = kept(await ask(streamed, request));
    }
    said.push(textOf(message));
  }
  return {
    ends,
    calls,
    said,
    signed: thoughts.map((block) => Boolean(block.signature)),
    shown: thoughts.map((block) => Boolean(block.thinking)),
    tampered: await tampered(request),
  };
};

// What is said to the same conversation where one signature was changed.
const tampered = async (request) => {
  const messages = structuredClone(request.messages);
  const [block] = messages.find((message) => message.role === "assistant").content;
  const letter = block.signature[40] === "A" ? "B" : "A";
  block.signature = block.signature.slice(0, 40) + letter + block.signature.slice(41);
  try {
    await client.messages.create({ ...request, messages: [...messages, question("Thank you.")] });
  } catch (fault) {
    return fault.error.error.message;
  }
  return null;
};

const cited = async (streamed) => {
  const source = { type: "base64", media_type: "application/pdf", data: pdf };
  const document = { type: "document", source, title: "Bridges", citations: { enabled: true } };
  const content = [document, { type: "text", text: "What does the document say about bridges?" }];
  const message = await ask(streamed, { model, max_tokens: 1024, messages: [{ role: "user", content }] });
  const citations = message.content.flatMap((block) => (block.type === "text" && block.citations) || []);
  return { citations, text: textOf(message), end: message.stop_reason };
};

const [manual, adaptive] = [{ type: "enabled", budget_tokens: 2000 }, { type: "adaptive" }];
const byZodFormat = parse(zodOutputFormat(Contact));
const bySchemaFormat = parse(jsonSchemaOutputFormat(contactSchema));
const boundedFormat = parse(zodOutputFormat(Bounded), "Tell me about a bridge.");
const results = {
  version: JSON.parse(readFileSync("node_modules/@anthropic-ai/sdk/package.json")).version,
  loop: await looped(byZod),
  "loop streamed": await looped(byZod, { stream: true }),
  "loop by JSON schema": await looped(bySchema),
  "loop streamed eagerly": await looped(bySchema, { stream: true, runToolsEagerly: true }),
  "loop without threads": await looped(byZod, { thread: false }),
  parse: parsed(await client.messages.parse(byZodFormat)),
  "parse streamed": parsed(await client.messages.stream(byZodFormat).finalMessage()),
  "parse by JSON schema": parsed(await client.messages.parse(bySchemaFormat)),
  "parse by JSON schema streamed": parsed(await client.messages.stream(bySchemaFormat).finalMessage()),
  bounded: parsed(await client.messages.parse(boundedFormat), Bounded),
  "bounded streamed": parsed(await client.messages.stream(boundedFormat).finalMessage(), Bounded),
  thinking: await thought(older, manual, false),
  "thinking streamed": await thought(older, manual, true),
  "adaptive thinking": await thought(newest, adaptive, false),
  "adaptive thinking streamed": await thought(newest, adaptive, true),
  "summarized thinking": await thought(model, { ...adaptive, display: "summarized" }, false),
  citations: await cited(false),
  "citations streamed": await cited(true),
};
process.stdout.write(JSON.stringify(results));
