// Calls to the service. Each answers {value} or {problem: {title, detail}} and never throws.

async function call(path, options) {
  try {
    const response = await fetch(path, options);
    const body = await response.json().catch(() => null);
    if (response.ok) return { value: body };
    return { problem: { title: body?.title ?? `Error ${response.status}`, detail: body?.detail ?? response.statusText } };
  } catch {
    return { problem: { title: "The service cannot be reached", detail: "It may have been stopped. Start it again, then send once more." } };
  }
}

const post = (path, body) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** Label one article; offsets come back in UTF-16 code units. */
export const label = (text) => post("/v1/extract", { text: text.toWellFormed?.() ?? text, offset_unit: "utf16" });

export const info = async () => (await call("/info")).value;
