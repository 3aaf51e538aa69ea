// Calls to the service. Each answers {value} or {problem: {title, detail, status}} and never throws.
const KEY = "onrecord-key";

export const useKey = (key) => sessionStorage.setItem(KEY, key);

async function call(path, options = {}) {
  const key = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  try {
    const response = await fetch(path, { ...options, headers });
    const body = await response.json().catch(() => null);
    if (response.ok) return { value: body };
    const title = body?.title ?? `Error ${response.status}`;
    return { problem: { title, detail: body?.detail ?? response.statusText, status: response.status } };
  } catch {
    const detail = "It may have been stopped. Start it again, then send once more.";
    return { problem: { title: "The service cannot be reached", detail, status: 0 } };
  }
}

const post = (path, body) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** Label one article; offsets come back in UTF-16 code units. */
export const label = (text) => post("/v1/extract", { text, offset_unit: "utf16" });

export const correct = (body) => post("/v1/feedback", body);

export const info = async () => (await call("/info")).value;

/** An article of a job, with offsets in UTF-16 code units: {value: {text, labelled}}. */
export async function jobArticle(job, number) {
  const answer = await call(`/v1/jobs/${encodeURIComponent(job)}/articles/${encodeURIComponent(number)}`);
  if (answer.value) inUtf16(answer.value.labelled, answer.value.text);
  return answer;
}

function inUtf16(labelled, text) {
  const unit = labelled.processing.offset_unit;
  if (unit === "utf16") return;
  const places = new Map([[0, 0]]);
  let given = 0;
  let here = 0;
  for (const character of text) {
    given += unit === "utf8" ? new TextEncoder().encode(character).length : 1;
    here += character.length;
    places.set(given, here);
  }
  for (const statement of labelled.statements) {
    for (const span of [statement.source, statement.cue, statement.target, ...statement.content]) {
      if (span) Object.assign(span, { start: places.get(span.start), end: places.get(span.end) });
    }
  }
}
