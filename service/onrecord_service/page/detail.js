// The chosen statement: its parts, and the form that corrects it.
import { sign, words, selection } from "./reader.js";

export const STANCES = ["supports", "opposes", "demands", "commits", "rules_out", "considers", "warns", "accuses", "denies", "states"];
const HOW = {
  named: "named in the text",
  title: "known by a title",
  metonym: "known by a metonym",
  alias: "known by an alias",
  coreference: "from an earlier mention",
};
const at = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Draw the chosen statement into #detail. `onCorrect(change)` gets {statement, removed, ...fields}. */
export function draw(root, statement, text, { onCorrect, onClose }) {
  root.hidden = !statement;
  root.classList.remove("correcting");
  if (!statement) return root.replaceChildren();
  const list = document.createElement("dl");
  const add = (name, value) => value && list.append(element("dt", { textContent: name }), element("dd", { textContent: value }));
  add("source", statement.source?.text ?? "nobody is named");
  add("cue", statement.cue.text);
  add("content", statement.content.map((part) => part.text).join(" […] "));
  add("target", statement.target?.text);
  add("stance", `${sign(statement.polarity)} ${words(statement.stance)}, ${statement.polarity}${statement.conditional ? ", on a condition" : ""}`);
  add("actor", (statement.actors ?? []).map(describe).join("; "));
  add("quoted", statement.quotation);
  const correct = element("button", { type: "button", id: "correct", textContent: "Correct this statement" });
  correct.addEventListener("click", () => form(root, statement, text, { onCorrect, onClose }));
  const close = element("button", { type: "button", id: "close", textContent: "Close" });
  close.addEventListener("click", onClose);
  root.replaceChildren(
    element("h3", { id: "detail-title", textContent: statement.headline }),
    list,
    element("div", { className: "row" }, correct, close),
  );
  root.scrollTop = 0;
}

function describe(actor) {
  const behalf = actor.represents && actor.represents.name !== actor.name ? ` for ${actor.represents.name}` : "";
  const how = actor.resolved_by === "unresolved" ? `not identified${actor.why ? `: ${actor.why}` : ""}` : HOW[actor.resolved_by];
  return `${actor.name}${behalf} (${how})`;
}

function form(root, statement, text, { onCorrect, onClose }) {
  const spans = { source: statement.source, target: statement.target };
  const stance = element("select", { id: "fix-stance" }, ...STANCES.map((name) => new Option(words(name), name, false, name === statement.stance)));
  const conditional = element("input", { type: "checkbox", checked: statement.conditional, id: "fix-conditional" });
  const actor = element("input", { value: (statement.actors ?? []).map((one) => one.name).join("; "), id: "fix-actor", maxLength: 300 });
  const represents = element("input", { value: statement.actor?.represents?.name ?? "", id: "fix-represents", maxLength: 300 });
  const removed = element("input", { type: "checkbox", id: "fix-removed" });
  const note = element("p", { className: "hint", id: "fix-note", role: "status" });
  const pick = (role) => {
    const shown = element("input", { value: spans[role]?.text ?? "", readOnly: true, id: `fix-${role}`, placeholder: "none" });
    const use = element("button", { type: "button", textContent: "Use selection", id: `fix-${role}-use` });
    const clear = element("button", { type: "button", textContent: "None" });
    // The button must not take the selection away.
    use.addEventListener("pointerdown", (event) => event.preventDefault());
    use.addEventListener("click", () => {
      const span = selection(at("reader"));
      if (!span) {
        note.textContent = `Select the ${role} in the article first.`;
        return;
      }
      spans[role] = { ...span, text: text.slice(span.start, span.end) };
      shown.value = spans[role].text;
      note.textContent = "";
    });
    clear.addEventListener("click", () => {
      spans[role] = null;
      shown.value = "";
    });
    return element("label", { htmlFor: `fix-${role}` }, role, element("span", { className: "with-button" }, shown, use, clear));
  };
  const check = (box, name) => element("label", { className: "check" }, box, name);
  const labelled = (name, field) => element("label", { htmlFor: field.id }, name, field);
  const send = element("button", { type: "submit", className: "primary", textContent: "Send the correction" });
  const cancel = element("button", { type: "button", textContent: "Cancel" });
  cancel.addEventListener("click", () => draw(root, statement, text, { onCorrect, onClose }));
  const made = element(
    "form",
    {},
    labelled("stance", stance),
    element("span", { className: "checks" }, check(conditional, "only on a condition"), check(removed, "this is no statement at all")),
    pick("source"),
    pick("target"),
    labelled("actor", actor),
    labelled("speaks for", represents),
    note,
    element("div", { className: "row" }, send, cancel),
  );
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    const problem = await onCorrect({
      statement,
      removed: removed.checked,
      stance: stance.value,
      conditional: conditional.checked,
      source: spans.source,
      target: spans.target,
      actor: actor.value.trim() || null,
      represents: represents.value.trim() || null,
    });
    send.disabled = false;
    note.textContent = problem ? `${problem.title}: ${problem.detail}` : "";
  });
  root.replaceChildren(element("h3", { id: "detail-title", textContent: "Correct this statement" }), made);
  root.classList.add("correcting");
  root.scrollTop = 0;
  root.scrollIntoView({ block: "nearest" });
  stance.focus({ preventScroll: true });
}

/** The body of POST /v1/feedback: every statement of the article, with one changed or left out. */
export function feedbackBody(text, statements, change) {
  const pair = (span) => (span ? [span.start, span.end] : null);
  const record = (statement, fields = {}) => ({
    source: pair(statement.source),
    cue: pair(statement.cue),
    content: statement.content.map(pair),
    target: pair(statement.target),
    stance: statement.stance,
    conditional: statement.conditional,
    actor: (statement.actors ?? []).map((one) => one.name).join("; ") || null,
    represents: statement.actor?.represents?.name ?? null,
    ...fields,
  });
  const list = [];
  for (const statement of statements) {
    if (statement.id !== change.statement.id) list.push(record(statement));
    else if (!change.removed) {
      const { stance, conditional, actor, represents } = change;
      list.push(record(statement, { stance, conditional, actor, represents, source: pair(change.source), target: pair(change.target) }));
    }
  }
  return { text, statements: list, offset_unit: "utf16" };
}
