// Long texts: cut for the screen, whole on demand.

const LONG = 24000;
const PIECE = 16000;

// `draw(text)` makes nodes of a text; a long text gets a button for the rest.
function cutText(text, draw) {
  if (text.length <= LONG) return draw(text);
  const end = text.codePointAt(PIECE - 1) > 0xffff ? PIECE - 1 : PIECE;
  const box = el("div", {}, draw(text.slice(0, end)));
  const rest = el("button", { type: "button", class: "quiet", onclick: () => fill(box, draw(text)) },
    t("showAll", { n: counted(text.length - end) }));
  box.append(rest);
  return box;
}

function plain(text) {
  return el("div", { class: "plain" }, shown(text));
}
