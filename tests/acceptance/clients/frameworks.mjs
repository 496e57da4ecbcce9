// The tool loop in Vercel's SDK and LangChain.js, with no rules, and their structured outputs: prints what came as JSON.
// Run by test_frameworks.py; all it is given is a base URL and a key.
import { readFileSync } from "node:fs";
import { createAnthropic } from "@ai-sdk/anthropic";
import { ChatAnthropic } from "@langchain/anthropic";
import { HumanMessage } from "@langchain/core/messages";
import { tool as langchainTool } from "@langchain/core/tools";
import { Output, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const [model, newest] = ["claude-opus-4-8", "claude-opus-5-5"];
const base = process.env.ANTHROPIC_BASE_URL;
const prompt = "What is the weather in Paris?";
const ticket = "Classify this ticket: the app crashes when I open it. It is urgent.";
const description = "Get the current weather in a city";
const city = z.object({ city: z.string() });
const Ticket = z.object({ category: z.enum(["bug", "billing", "other"]), urgent: z.boolean(), summary: z.string() });

let called = [];
const weather = async (input) => {
  called.push(input);
  return `${input.city}: 21 degrees and sunny`;
};
const seen = (text, more = {}) => {
  const calls = called;
  called = [];
  return { calls, text, ...more };
};

// ---- Vercel's SDK: its base URL has /v1 in it

const anthropic = createAnthropic({ baseURL: `${base}/v1` });
const vercel = (more = {}) => ({
  model: anthropic(model),
  maxOutputTokens: 1024,
  maxRetries: 0,
  prompt,
  tools: { get_weather: tool({ description, inputSchema: city, execute: weather }) },
  stopWhen: stepCountIs(4),
  ...more,
});

const vercelLoop = async (more) => {
  const run = await generateText(vercel(more));
  return seen(run.text, { steps: run.steps.length });
};

const vercelLoopStreamed = async () => {
  const run = streamText(vercel());
  let text = "";
  for await (const part of run.fullStream) {
    if (part.type === "error") throw part.error;
    if (part.type === "text-delta") text += part.text;
  }
  return seen(text, { steps: (await run.steps).length });
};

const vercelStructured = async (name) => {
  const output = Output.object({ schema: Ticket });
  const asked = { model: anthropic(name), maxOutputTokens: 1024, maxRetries: 0, prompt: ticket };
  return (await generateText({ ...asked, output })).output;
};

const vercelStructuredStreamed = async () => {
  const output = Output.object({ schema: Ticket });
  const run = streamText({ model: anthropic(model), maxOutputTokens: 1024, maxRetries: 0, prompt: ticket, output });
  let last;
  for await (const partial of run.partialOutputStream) last = partial;
  return Ticket.parse(last);
};

// ---- LangChain.js: the loop by hand, as its documentation shows it

const chat = (name = model) => new ChatAnthropic({ model: name, maxTokens: 1024, maxRetries: 0, anthropicApiUrl: base });
const getWeather = langchainTool(weather, { name: "get_weather", description, schema: city });

const gathered = async (stream) => {
  let whole;
  for await (const chunk of stream) whole = whole ? whole.concat(chunk) : chunk;
  return whole;
};

const langchainLoop = async (streamed) => {
  const bound = chat().bindTools([getWeather]);
  const messages = [new HumanMessage(prompt)];
  for (let turn = 0; turn < 4; turn++) {
    const answer = streamed ? await gathered(await bound.stream(messages)) : await bound.invoke(messages);
    messages.push(answer);
    if (!answer.tool_calls?.length) break;
    for (const call of answer.tool_calls) messages.push(await getWeather.invoke(call));
  }
  return seen(messages.at(-1).text);
};

const langchainStructured = (method, name) =>
  chat(name).withStructuredOutput(Ticket, { name: "ticket", method }).invoke(ticket);

const refused = (attempt) => attempt.then(JSON.stringify, (fault) => fault.error.error.message);

const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
const results = {
  versions: Object.fromEntries(["ai", "@ai-sdk/anthropic", "@langchain/anthropic"].map((name) => [name, version(name)])),
  "vercel loop": await vercelLoop(),
  "vercel loop streamed": await vercelLoopStreamed(),
  "vercel loop, thinking": await vercelLoop({
    providerOptions: { anthropic: { thinking: { type: "adaptive" } } },
  }),
  "vercel schema output": await vercelStructured(model),
  "vercel schema output, newest model": await vercelStructured(newest),
  "vercel schema output streamed": await vercelStructuredStreamed(),
  "langchain.js loop": await langchainLoop(false),
  "langchain.js loop streamed": await langchainLoop(true),
  "langchain.js tool output": await langchainStructured("functionCalling", model),
  "langchain.js forcing what can't be forced": await refused(langchainStructured("functionCalling", newest)),
  "langchain.js schema output": await langchainStructured("jsonSchema", model),
};
process.stdout.write(JSON.stringify(results));
