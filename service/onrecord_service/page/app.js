// The page: paste, send, read. All state is here; reader.js and table.js only draw.
import { label, info } from "./api.js";
import { EXAMPLE } from "./example.js";
import * as reader from "./reader.js";
import * as table from "./table.js";

const at = (id) => document.getElementById(id);
const state = { text: "", statements: [], activeId: null };

function show() {
  reader.draw(at("reader"), state.text, state.statements, state.activeId, pick);
  table.draw(at("rows"), state.statements, state.activeId, pick);
  at("table").parentElement.hidden = state.statements.length === 0;
  at("none").hidden = state.statements.length > 0;
  at("total").textContent = state.statements.length ? `(${state.statements.length})` : "";
}

/** Choose a statement, or none when it is chosen already. */
function pick(id, { focus = false } = {}) {
  state.activeId = state.activeId === id ? null : id;
  const hadFocus = document.activeElement?.closest("#reader, #table")?.id;
  show();
  if (state.activeId === null) return;
  const tag = at("reader").querySelector(`.tag[data-id="${CSS.escape(id)}"]`);
  const row = at("rows").querySelector(`tr[data-id="${CSS.escape(id)}"]`);
  tag.scrollIntoView({ block: "nearest" });
  if (getComputedStyle(at("result")).gridTemplateColumns.includes(" ")) row?.scrollIntoView({ block: "nearest" });
  if (focus || hadFocus === "reader") tag.focus({ preventScroll: true });
  else if (hadFocus === "table") row?.querySelector("button").focus({ preventScroll: true });
}

/** Go to the next or the previous statement. */
function step(by) {
  const list = state.statements;
  if (list.length === 0) return;
  const here = list.findIndex((statement) => statement.id === state.activeId);
  const next = here < 0 ? (by > 0 ? 0 : list.length - 1) : (here + by + list.length) % list.length;
  if (list[next].id !== state.activeId) pick(list[next].id, { focus: true });
}

function complain(title, detail) {
  at("alert").replaceChildren(Object.assign(document.createElement("strong"), { textContent: title }), detail);
  at("alert").hidden = false;
}

async function send(event) {
  event?.preventDefault();
  at("alert").hidden = true;
  const text = at("text").value;
  if (!text.trim()) {
    complain("There is no text yet", "Paste an article, open a file, or use the example.");
    at("text").focus();
    return;
  }
  at("label").disabled = true;
  at("status").textContent = "Reading the article…";
  at("status").hidden = false;
  const { value, problem } = await label(text);
  at("label").disabled = false;
  at("status").hidden = true;
  if (problem) {
    complain(problem.title, problem.detail);
    return;
  }
  Object.assign(state, { text, statements: value.statements, activeId: null, article: value });
  at("entry").hidden = true;
  at("result").hidden = false;
  at("status").textContent = `${value.statements.length} statements found`;
  at("status").className = "visually-hidden";
  at("status").hidden = false;
  show();
  at("reader").focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

function edit() {
  at("result").hidden = true;
  at("status").hidden = true;
  at("status").className = "status";
  at("entry").hidden = false;
  at("text").focus();
}

function counted() {
  const length = [...at("text").value].length;
  at("count").textContent = `${length.toLocaleString("en")} character${length === 1 ? "" : "s"}`;
}

async function open(file) {
  if (!file) return;
  try {
    at("text").value = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    at("alert").hidden = true;
  } catch {
    complain("This file is not text", `${file.name} is not UTF-8. Save it as plain text in UTF-8, or paste its words.`);
  }
  counted();
}

at("entry").addEventListener("submit", send);
at("edit").addEventListener("click", edit);
at("text").addEventListener("input", counted);
at("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
});
at("example").addEventListener("click", () => {
  at("text").value = EXAMPLE;
  counted();
  at("label").focus();
});
at("file").addEventListener("change", (event) => open(event.target.files[0]));
for (const name of ["dragover", "dragleave", "drop"]) {
  at("entry").addEventListener(name, (event) => {
    event.preventDefault();
    at("entry").classList.toggle("dropping", name === "dragover");
    if (name === "drop") open(event.dataTransfer.files[0]);
  });
}
document.addEventListener("keydown", (event) => {
  if (at("result").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, dialog")) return;
  if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
  else if (event.key === "Escape" && state.activeId !== null) pick(state.activeId);
});
info().then((found) => {
  if (found?.model) at("model").textContent = `${found.model.name} ${found.model.version}`;
});
