// Label an article over HTTP, with fetch. JavaScript strings count UTF-16 code units, so ask for those.
import { readFileSync } from "node:fs";

const url = process.env.ONRECORD_URL ?? "http://127.0.0.1:8000";
const key = process.env.ONRECORD_KEY;
const headers = { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) };
const text = readFileSync(0, "utf8");
const answer = await fetch(`${url}/v1/extract`, { method: "POST", headers, body: JSON.stringify({ text, offset_unit: "utf16" }) });
if (!answer.ok) throw new Error((await answer.json()).detail);
for (const { confidence, headline, cue } of (await answer.json()).statements) {
  console.assert(text.slice(cue.start, cue.end) === cue.text);
  console.log(`${confidence.toFixed(2)}  ${headline}`);
}
