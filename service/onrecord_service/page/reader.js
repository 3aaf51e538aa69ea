// Mark the statements of an article in its text. Offsets are UTF-16 code units, which is what JavaScript strings count in.
const SIGNS = { favor: "▲", against: "▼", neutral: "■" };

export const sign = (polarity) => SIGNS[polarity];
export const words = (stance) => stance.replace("_", " ");

/** Every stretch of a statement: [{start, end, role}]. */
function parts(statement) {
  const list = statement.content.map((span) => ({ ...span, role: "content" }));
  for (const role of ["source", "target", "cue"]) {
    if (statement[role]) list.push({ ...statement[role], role });
  }
  return list.filter((part) => part.end > part.start);
}

/**
 * Cut the text where any part starts or ends.
 * Returns [{start, end, covers: [{statement, roles: Set}]}], in order, with the widest statement first.
 */
export function segments(text, statements) {
  const spans = statements.flatMap((statement) => parts(statement).map((part) => ({ ...part, statement })));
  const cuts = [...new Set([0, text.length, ...spans.flatMap((span) => [span.start, span.end])])].sort((a, b) => a - b);
  const found = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const covers = new Map();
    for (const span of spans) {
      if (span.start <= cuts[i] && cuts[i + 1] <= span.end) {
        if (!covers.has(span.statement)) covers.set(span.statement, new Set());
        covers.get(span.statement).add(span.role);
      }
    }
    found.push({ start: cuts[i], end: cuts[i + 1], covers: [...covers].map(([statement, roles]) => ({ statement, roles })) });
  }
  return found;
}

/** The statement whose color a stretch takes: the active one, else one whose cue it is, else the last to begin. */
function leading(covers, activeId) {
  return (
    covers.find((cover) => cover.statement.id === activeId) ??
    covers.find((cover) => cover.roles.has("cue")) ??
    covers.at(-1)
  );
}

/** While the pointer is over a part of a statement, show which other parts belong to it. */
export function followPointer(root) {
  const light = (event, on) => {
    const id = event.target.dataset?.id;
    if (!id || event.pointerType === "touch") return; // a finger does not hover
    for (const part of root.querySelectorAll(`[data-id="${CSS.escape(id)}"]`)) part.classList.toggle("near", on);
  };
  root.addEventListener("pointerover", (event) => light(event, true));
  root.addEventListener("pointerout", (event) => light(event, false));
}

/** The selected stretch of the article as {start, end}, or null. The stance labels are not part of its text. */
export function selection(root) {
  const chosen = window.getSelection();
  if (!chosen || chosen.isCollapsed || !root.contains(chosen.anchorNode) || !root.contains(chosen.focusNode)) return null;
  const range = chosen.getRangeAt(0);
  let start = null;
  let end = null;
  let seen = 0;
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (node.parentElement.closest(".tag") || !range.intersectsNode(node)) {
      if (!node.parentElement.closest(".tag")) seen += node.length;
      continue;
    }
    const from = node === range.startContainer ? range.startOffset : 0;
    const to = node === range.endContainer ? range.endOffset : node.length;
    start ??= seen + from;
    end = seen + to;
    seen += node.length;
  }
  return start === null || start >= end ? null : { start, end };
}

/** Draw the article into `root`. `onPick(id)` is called when a statement is chosen. */
export function draw(root, text, statements, activeId, onPick) {
  const pieces = [];
  const cueEnds = new Map(statements.map((statement) => [statement.cue.end, []]));
  for (const statement of statements) cueEnds.get(statement.cue.end).push(statement);
  for (const segment of segments(text, statements)) {
    const shown = text.slice(segment.start, segment.end);
    if (segment.covers.length === 0) {
      pieces.push(document.createTextNode(shown));
    } else {
      const lead = leading(segment.covers, activeId);
      const tags = (cueEnds.get(segment.end) ?? []).map((statement) => tag(statement, activeId, onPick));
      if (tags.length === 0) {
        pieces.push(mark(shown, lead, activeId, onPick));
        continue;
      }
      // The stance stays on the line of the cue's last word.
      const cut = shown.trimEnd().lastIndexOf(" ") + 1;
      if (cut > 0) pieces.push(mark(shown.slice(0, cut), lead, activeId, onPick));
      const together = document.createElement("span");
      together.className = "together";
      together.append(mark(shown.slice(cut), lead, activeId, onPick), ...tags);
      pieces.push(together);
    }
  }
  root.replaceChildren(...pieces);
  root.classList.toggle("has-active", activeId !== null);
}

function mark(shown, lead, activeId, onPick) {
  const made = document.createElement("mark");
  made.textContent = shown;
  made.className = [...lead.roles, lead.statement.polarity].join(" ");
  made.classList.toggle("on", lead.statement.id === activeId);
  made.dataset.id = lead.statement.id;
  made.title = `${[...lead.roles].join(", ")} · ${lead.statement.headline}`;
  made.addEventListener("click", () => onPick(lead.statement.id));
  return made;
}

/** The stance in words behind its cue: a button, so that the keyboard reaches every statement. */
function tag(statement, activeId, onPick) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `tag ${statement.polarity}`;
  button.dataset.id = statement.id;
  button.classList.toggle("on", statement.id === activeId);
  button.setAttribute("aria-pressed", String(statement.id === activeId));
  button.setAttribute("aria-label", statement.headline);
  button.textContent = `${sign(statement.polarity)} ${words(statement.stance)}`;
  button.addEventListener("click", () => onPick(statement.id));
  return button;
}
