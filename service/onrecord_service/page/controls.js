// Filters: which statements are shown.
import { actorOf } from "./table.js";
import { sign, words } from "./reader.js";

const at = (id) => document.getElementById(id);

/** Fill the controls for an article, all statements shown. `onChange()` is called at every change. */
export function fill(statements, onChange) {
  const actors = new Map();
  for (const statement of statements) {
    const name = actorOf(statement).name;
    actors.set(name, (actors.get(name) ?? 0) + 1);
  }
  const names = [...actors].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  at("actor").replaceChildren(
    new Option(`everybody (${statements.length})`, ""),
    ...names.map(([name, count]) => new Option(`${name} (${count})`, name)),
  );
  const stances = new Map();
  for (const statement of statements) {
    const known = stances.get(statement.stance) ?? { polarity: statement.polarity, count: 0 };
    stances.set(statement.stance, { ...known, count: known.count + 1 });
  }
  const legend = at("stances").querySelector("legend");
  at("stances").replaceChildren(legend, ...[...stances].map(([stance, { polarity, count }]) => chip(stance, polarity, count)));
  at("confidence").value = "0";
  shown();
  at("controls").hidden = statements.length === 0;
  at("controls").oninput = () => {
    shown();
    onChange();
  };
}

function shown() {
  at("confidence-value").textContent = `${at("confidence").value} %`;
}

function chip(stance, polarity, count) {
  const label = document.createElement("label");
  label.className = "chip";
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true, value: stance });
  const pill = document.createElement("span");
  pill.className = `pill ${polarity}`;
  pill.textContent = `${sign(polarity)} ${words(stance)} ${count}`;
  label.append(box, pill);
  return label;
}

/** The statements that pass the filters. */
export function passing(statements) {
  const actor = at("actor").value;
  const least = Number(at("confidence").value) / 100;
  const stances = new Set([...at("stances").querySelectorAll("input:checked")].map((box) => box.value));
  return statements.filter(
    (statement) =>
      (actor === "" || actorOf(statement).name === actor) &&
      statement.confidence >= least &&
      stances.has(statement.stance),
  );
}
