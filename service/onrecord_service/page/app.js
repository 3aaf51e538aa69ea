// The page: paste, send, read, correct. All state is here; the other modules draw.
import * as api from "./api.js";
import * as controls from "./controls.js";
import * as detail from "./detail.js";
import { EXAMPLE } from "./example.js";
import * as exporting from "./export.js";
import * as matrix from "./matrix.js";
import * as reader from "./reader.js";
import * as table from "./table.js";

const at = (id) => document.getElementById(id);
const state = { text: "", article: null, statements: [], activeId: null, view: "list", retry: null };

function show() {
  const shown = controls.passing(state.statements);
  if (!shown.some((statement) => statement.id === state.activeId)) state.activeId = null;
  reader.draw(at("reader"), state.text, shown, state.activeId, pick);
  table.draw(at("rows"), shown, state.activeId, pick);
  matrix.draw(at("matrix"), shown, pick);
  detail.draw(at("detail"), shown.find((statement) => statement.id === state.activeId), state.text, {
    onCorrect: correct,
    onClose: () => pick(state.activeId, { focus: true }),
  });
  const all = state.statements.length;
  at("list-frame").hidden = shown.length === 0 || state.view !== "list";
  at("matrix-frame").hidden = shown.length === 0 || state.view !== "matrix";
  at("view-list").setAttribute("aria-pressed", String(state.view === "list"));
  at("view-matrix").setAttribute("aria-pressed", String(state.view === "matrix"));
  at("none").hidden = all > 0;
  at("filtered").hidden = all === 0 || shown.length > 0;
  at("exports").hidden = shown.length === 0;
  at("copied").textContent = "";
  at("total").textContent = all === 0 ? "" : shown.length === all ? `(${all})` : `(${shown.length} of ${all})`;
  return shown;
}

/** Choose a statement, or none when it is chosen already. */
function pick(id, { focus = false } = {}) {
  state.activeId = state.activeId === id ? null : id;
  const hadFocus = document.activeElement?.closest("#reader, #table, #matrix")?.id;
  show();
  const tag = at("reader").querySelector(`.tag[data-id="${CSS.escape(id)}"]`);
  const row = at("rows").querySelector(`tr[data-id="${CSS.escape(id)}"]`);
  if (focus || hadFocus === "reader") tag.focus({ preventScroll: true });
  else if (hadFocus === "table") row.querySelector("button").focus({ preventScroll: true });
  if (state.activeId === null) return;
  const beside = getComputedStyle(at("result")).gridTemplateColumns.includes(" ");
  if (beside) {
    row.scrollIntoView({ block: "nearest" });
    at("detail").scrollIntoView({ block: "nearest" });
  } // else it is a sheet at the bottom of the window
  tag.scrollIntoView({ block: "nearest" });
}

/** Go to the next or the previous statement. */
function step(by) {
  const list = controls.passing(state.statements);
  if (list.length === 0) return;
  const here = list.findIndex((statement) => statement.id === state.activeId);
  const next = here < 0 ? (by > 0 ? 0 : list.length - 1) : (here + by + list.length) % list.length;
  if (list[next].id !== state.activeId) pick(list[next].id, { focus: true });
}

function complain({ title, detail: words, status }, retry) {
  at("key-form").hidden = status !== 401;
  at("alert").hidden = status === 401;
  at("alert").replaceChildren(Object.assign(document.createElement("strong"), { textContent: title }), words);
  if (status === 401) {
    state.retry = retry;
    at("key").focus();
  }
}

/** Run a call with the page saying so; shows its problem, or returns its value. */
async function ask(saying, call, retry) {
  at("alert").hidden = true;
  at("key-form").hidden = true;
  at("label").disabled = true;
  Object.assign(at("status"), { textContent: saying, className: "status", hidden: false });
  const { value, problem } = await call();
  at("label").disabled = false;
  at("status").hidden = true;
  if (problem) complain(problem, retry);
  return value;
}

function open(text, article) {
  Object.assign(state, { text, article, statements: article.statements, activeId: null });
  at("entry").hidden = true;
  at("result").hidden = false;
  const count = article.statements.length;
  const said = `${count} statement${count === 1 ? "" : "s"} found`;
  Object.assign(at("status"), { textContent: said, className: "visually-hidden", hidden: false });
  controls.fill(state.statements, show);
  show();
  at("reader").focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

async function send(event) {
  event?.preventDefault();
  const given = at("text").value;
  const text = given.toWellFormed?.() ?? given;
  if (!text.trim()) {
    complain({ title: "There is no text yet", detail: "Paste an article, open a file, or use the example." });
    at("text").focus();
    return;
  }
  const article = await ask("Reading the article…", () => api.label(text), send);
  if (article) open(text, article);
}

async function showJob() {
  const job = at("job").value.trim().toLowerCase();
  const number = at("number").value.trim();
  if (!/^[0-9a-f]{24}$/.test(job) || !/^\d{1,9}$/.test(number)) {
    const detail = "Give the job's id, 24 characters of 0 to 9 and a to f (whoever started the job was told it), and the place of the article, 0 for the first.";
    complain({ title: "This cannot be the id of a job, or a place in it", detail });
    return;
  }
  const found = await ask("Fetching the article…", () => api.jobArticle(job, number), showJob);
  if (!found) return;
  at("text").value = found.text;
  counted();
  open(found.text, found.labelled);
}

/** Send a correction; returns a problem, or nothing when it is stored and shown. */
async function correct(change) {
  const { problem } = await api.correct(detail.feedbackBody(state.text, state.statements, change));
  if (problem) return problem;
  const at_ = state.statements.findIndex((statement) => statement.id === change.statement.id);
  if (change.removed) state.statements.splice(at_, 1);
  else state.statements[at_] = corrected(change);
  controls.fill(state.statements, show);
  show();
  at("copied").textContent = "Thank you: the correction is stored.";
  return undefined;
}

/** The end of a headline, as the service words it. */
function sentence(stance, target, content) {
  if (content && (!target || stance === "states")) return `${reader.words(stance)}: ${content.text}`;
  if (!target) return reader.words(stance);
  return `${{ commits: "commits to", warns: "warns of" }[stance] ?? reader.words(stance)} ${target.text}`;
}

function corrected({ statement, stance, conditional, source, target, actor, represents }) {
  const polarity = { supports: "favor", commits: "favor", demands: "favor", considers: "neutral", states: "neutral" }[stance] ?? "against";
  const behalf = represents ? { name: represents, kind: "unknown", id: null } : null;
  const one = actor ? { name: actor, kind: "unknown", id: null, resolved_by: "alias", confidence: 1, represents: behalf } : null;
  const who = behalf && behalf.name !== actor ? `${behalf.name} (${actor ?? source?.text ?? "?"})` : (actor ?? source?.text ?? "(nobody named)");
  const headline = `${who} ${sentence(stance, target, statement.content[0])}${conditional ? ", on a condition" : ""}`;
  return { ...statement, stance, polarity, conditional, source, target, actor: one, actors: one ? [one] : [], headline, confidence: 1 };
}

function edit() {
  at("result").hidden = true;
  at("status").hidden = true;
  at("entry").hidden = false;
  at("text").focus();
}

function counted() {
  const length = [...at("text").value].length;
  at("count").textContent = `${length.toLocaleString("en")} character${length === 1 ? "" : "s"}`;
}

async function openFile(file) {
  if (!file) return;
  at("alert").hidden = true;
  at("text").value = ""; // if it cannot be read, what was there before must not be taken for it
  try {
    at("text").value = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    complain({ title: "This file is not text", detail: `${file.name} is not UTF-8. Save it as plain text in UTF-8, or paste its words.` });
  }
  counted();
}

async function copied(text, kind) {
  at("copied").textContent = (await exporting.copy(text)) ? `Copied as ${kind}.` : "The browser does not allow copying.";
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
at("file").addEventListener("change", (event) => openFile(event.target.files[0]));
for (const name of ["dragover", "dragleave", "drop"]) {
  at("entry").addEventListener(name, (event) => {
    event.preventDefault();
    at("entry").classList.toggle("dropping", name === "dragover");
    if (name === "drop") openFile(event.dataTransfer.files[0]);
  });
}
at("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  api.useKey(at("key").value.trim());
  at("key").value = "";
  at("key-form").hidden = true;
  state.retry?.();
});
at("show-job").addEventListener("click", showJob);
at("view-list").addEventListener("click", () => show(Object.assign(state, { view: "list" })));
at("view-matrix").addEventListener("click", () => show(Object.assign(state, { view: "matrix" })));
at("reset").addEventListener("click", () => {
  controls.fill(state.statements, show);
  show();
});
at("copy-csv").addEventListener("click", () => copied(exporting.csv(controls.passing(state.statements)), "CSV"));
at("copy-json").addEventListener("click", () => copied(exporting.json(state.article, controls.passing(state.statements)), "JSON"));
reader.followPointer(at("reader"));
document.addEventListener("keydown", (event) => {
  if (at("result").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea")) return;
  if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
  else if (event.key === "Escape" && state.activeId !== null) pick(state.activeId);
});
api.info().then((found) => {
  if (found?.model) at("model").textContent = `${found.model.name} ${found.model.version}`;
});
