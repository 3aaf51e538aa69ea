// Actors by targets: who stands where.
import { actorOf } from "./table.js";
import { sign, words } from "./reader.js";

const simple = (text) => text.toLocaleLowerCase("en").replace(/^(the|an?|any|its|their|his|her)\s+/, "");

function cell(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Draw the matrix into `root`: a row for each actor, a column for each target, targets shared by most actors first. */
export function draw(root, statements, onPick) {
  const rows = new Map();
  const columns = new Map();
  for (const statement of statements) {
    const about = (statement.target ?? statement.content[0])?.text ?? "—";
    const key = simple(about);
    const who = actorOf(statement).name;
    if (!columns.has(key)) columns.set(key, { about, actors: new Set() });
    columns.get(key).actors.add(who);
    if (!rows.has(who)) rows.set(who, new Map());
    if (!rows.get(who).has(key)) rows.get(who).set(key, []);
    rows.get(who).get(key).push(statement);
  }
  const order = [...columns].sort((a, b) => b[1].actors.size - a[1].actors.size);
  const head = document.createElement("tr");
  head.append(cell("th", "Actor"), ...order.map(([, column]) => Object.assign(cell("th", column.about), { scope: "col" })));
  const body = [...rows].map(([who, cells]) => {
    const row = document.createElement("tr");
    row.append(Object.assign(cell("th", who), { scope: "row" }));
    for (const [key] of order) {
      const made = cell("td");
      for (const statement of cells.get(key) ?? []) {
        const button = cell("button", `${sign(statement.polarity)} ${words(statement.stance)}`);
        button.type = "button";
        button.className = statement.polarity;
        button.addEventListener("click", () => onPick(statement.id));
        made.append(button);
      }
      row.append(made);
    }
    return row;
  });
  const thead = document.createElement("thead");
  thead.append(head);
  const tbody = document.createElement("tbody");
  tbody.append(...body);
  root.replaceChildren(thead, tbody);
}
