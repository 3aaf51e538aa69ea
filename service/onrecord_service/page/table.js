// The table of statements beside the article.
import { sign, words } from "./reader.js";

const SVG = "http://www.w3.org/2000/svg";

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Name of who said it, and on whose behalf or why nobody is known. */
export function actorOf(statement) {
  const names = (statement.actors ?? []).map((actor) => actor.name);
  const actor = statement.actor;
  const behalf = actor?.represents && actor.represents.name !== actor.name ? actor.represents.name : null;
  return {
    name: names.join("; ") || statement.source?.text || "nobody named",
    behalf,
    unresolved: actor?.resolved_by === "unresolved",
  };
}

function actorCell(statement, onPick) {
  const cell = element("td");
  const who = actorOf(statement);
  const open = element("button", "row-open", who.name);
  open.type = "button";
  open.addEventListener("click", (event) => {
    event.stopPropagation();
    onPick(statement.id);
  });
  cell.append(open);
  if (who.behalf) cell.append(element("span", "behalf", `for ${who.behalf}`));
  if (who.unresolved) cell.append(element("span", "why", "not identified"));
  return cell;
}

function stanceCell(statement) {
  const cell = element("td");
  cell.append(element("span", `pill ${statement.polarity}`, `${sign(statement.polarity)} ${words(statement.stance)}`));
  if (statement.conditional) cell.append(element("span", "if", "on a condition"));
  return cell;
}

function targetCell(statement) {
  const about = statement.target ?? statement.content[0];
  return element("td", "", about ? about.text : "—");
}

function confidenceCell(statement) {
  const cell = element("td");
  const meter = element("span", "meter");
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 44 6");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, width] of [["rail", 44], ["bar", 44 * statement.confidence]]) {
    const bar = document.createElementNS(SVG, "rect");
    bar.setAttribute("class", name);
    bar.setAttribute("width", String(width));
    bar.setAttribute("height", "6");
    bar.setAttribute("rx", "3");
    svg.append(bar);
  }
  meter.append(svg, `${Math.round(statement.confidence * 100)} %`);
  cell.append(meter);
  return cell;
}

/** Draw the rows into `body`. */
export function draw(body, statements, activeId, onPick) {
  body.replaceChildren(
    ...statements.map((statement) => {
      const row = element("tr", statement.id === activeId ? "active" : "");
      row.dataset.id = statement.id;
      if (statement.id === activeId) row.setAttribute("aria-current", "true");
      row.addEventListener("click", () => onPick(statement.id));
      row.append(actorCell(statement, onPick), stanceCell(statement), targetCell(statement), confidenceCell(statement));
      return row;
    }),
  );
}
