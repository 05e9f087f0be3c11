// Where we are: the address after # is the whole of it, so a link survives sending the file.
//
//   #board   #heat   #items   #item=MODEL/STRATEGY/ID   #item=MODEL/STRATEGY/ID&with=MODEL/STRATEGY

const encode = (text) => encodeURIComponent(text.toWellFormed ? text.toWellFormed() : text.replace(/[\ud800-\udfff]/g, "\ufffd"));

// A text id that looks like a number gets a quote, since 1 and "1" are two ids.
const idText = (id) => (typeof id === "string" && /^['\d-]/.test(id) ? `'${id}` : String(id));

const groupLink = (group) => `${encode(modelOf(group))}/${encode(strategyOf(group))}`;

function itemLink(item, other = null) {
  const link = `#item=${groupLink(item.group)}/${encode(idText(board.questions[item.question][0]))}`;
  return other === null ? link : `${link}&with=${groupLink(other)}`;
}

const linked = new Map();  // link -> item, filled when a link is first looked up

// Returns {view, item, other}; an unknown item is null. Links are compared, not decoded: nothing in one can mislead.
function whereNow() {
  const hash = location.hash;
  if (!hash.startsWith("#item=")) return { view: ["heat", "items"].includes(hash.slice(1)) ? hash.slice(1) : "board" };
  const [first, second] = hash.split("&with=");
  if (!linked.size) for (const one of items) linked.set(itemLink(one), one);
  const item = linked.get(first) || null;
  const other = second === undefined ? -1 : board.groups.findIndex((_, group) => groupLink(group) === second);
  return { view: "items", item, asked: true, other: other < 0 ? null : other };
}

function go(hash, { quietly = false } = {}) {
  if (location.hash === hash) return;
  if (quietly) history.replaceState(null, "", hash);
  else location.hash = hash;
  follow(); // at once: the event comes later, after the next key
}

// Kept between openings where the browser lets a local file keep anything.
function recall(name) {
  try {
    return localStorage.getItem(`kojudge-${name}`);
  } catch {
    return null;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(`kojudge-${name}`, value);
  } catch {
    // a browser that keeps nothing still shows everything
  }
}
