// Copy what is shown, as CSV or JSON.
import { actorOf } from "./table.js";

const COLUMNS = ["actor", "represents", "stance", "polarity", "target", "conditional", "confidence", "source", "cue", "content", "headline"];

/** A spreadsheet must not take an article's words for a formula (OWASP, CSV Injection). */
const plain = (value) => (/^[=+\-@\t\r]/.test(value) ? `'${value}` : value);
const quote = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

export function csv(statements) {
  const rows = statements.map((statement) => [
    actorOf(statement).name,
    statement.actor?.represents?.name ?? "",
    statement.stance,
    statement.polarity,
    statement.target?.text ?? "",
    String(statement.conditional),
    String(statement.confidence),
    statement.source?.text ?? "",
    statement.cue.text,
    statement.content.map((part) => part.text).join(" [...] "),
    statement.headline,
  ]);
  return [COLUMNS, ...rows].map((row) => row.map(plain).map(quote).join(",") + "\r\n").join("");
}

export const json = (article, statements) => JSON.stringify({ ...article, statements }, null, 2);

/** Put text on the clipboard; returns whether it worked. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = Object.assign(document.createElement("textarea"), { value: text });
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy"); // the only way without https
    area.remove();
    return done;
  }
}
