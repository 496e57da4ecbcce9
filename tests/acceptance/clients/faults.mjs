// Each fault met by the TypeScript SDK, plain and streamed: prints what came of it as JSON.
// Run by test_faults_sdks.py; given a JSON object: what the header asks for -> the client's timeout in seconds.
import { readFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";

const cases = JSON.parse(process.argv[2]);
const messages = [{ role: "user", content: "Erzähle von Brücken" }];
const request = { model: "claude-haiku-4-5", max_tokens: 200, messages };

const plain = (client) => client.messages.create(request);

const stream = async (client) => {
  let text = "";
  const events = client.messages.stream(request).on("text", (piece) => (text += piece));
  const message = await events.finalMessage();
  if (text !== message.content[0].text) throw new Error("the pieces are not the text");
  return message;
};

let number = 0;

// What came of one call, in a session of its own.
const seen = async (act, fault) => {
  let requests = 0;
  const counting = (...given) => {
    requests += 1;
    return fetch(...given);
  };
  number += 1;
  const client = new Anthropic({
    baseURL: `${process.env.ANTHROPIC_BASE_URL}/s/typescript-${number}`,
    fetch: counting,
    defaultHeaders: { "x-fakeapi-fault": fault },
    timeout: cases[fault] * 1000,
  });
  try {
    const message = await act(client);
    if (typeof message === "string") return { string: message, requests };
    return { text: message.content[0].text, stop_reason: message.stop_reason, requests };
  } catch (error) {
    const { status = null, type = null } = error;
    return { error: error.constructor.name, status, type, sentence: error.message, requests };
  }
};

const both = async (fault) => [fault, { plain: await seen(plain, fault), stream: await seen(stream, fault) }];
const found = Object.fromEntries(await Promise.all(Object.keys(cases).map(both)));
const { version } = JSON.parse(readFileSync(new URL("node_modules/@anthropic-ai/sdk/package.json", import.meta.url)));
console.log(JSON.stringify({ version, found }));
