// The Markdown that models write -> nodes. Links, images and HTML stay the text they are; nothing here makes a URL.

const INLINE = /`([^`\n]+)`|\*\*(?=\S)([^*\n]+)\*\*|~~(?=\S)([^~\n]+)~~|\*(?=[^\s*])([^*\n]+)\*/g;
const DEPTH = 6;

function inline(text) {
  const line = document.createDocumentFragment();
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    line.append(shown(text.slice(from, found.index)));
    const [all, code, strong, gone, slanted] = found;
    if (code !== undefined) line.append(el("code", {}, shown(code)));
    else line.append(el(strong !== undefined ? "strong" : gone !== undefined ? "s" : "em", {}, shown(strong ?? gone ?? slanted)));
    from = found.index + all.length;
  }
  line.append(shown(text.slice(from)));
  return line;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*)$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const BULLET = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const DIVIDER = /^\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?)?$/;

function markdown(text, depth = 0) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const whole = document.createDocumentFragment();
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const [node, next] = block(lines, at, depth);
    whole.append(node);
    at = next;
  }
  return whole;
}

// Returns the block that starts at a line and the line after it.
function block(lines, at, depth) {
  const line = lines[at];
  const fence = FENCE.exec(line);
  if (fence) return fenced(lines, at, fence);
  const heading = HEADING.exec(line);
  if (heading) return [el("p", { class: `heading h${heading[1].length}` }, inline(heading[2])), at + 1];
  if (RULE.test(line)) return [el("hr"), at + 1];
  if (line.includes("|") && at + 1 < lines.length && DIVIDER.test(lines[at + 1].trim())) return tableBlock(lines, at);
  if (QUOTE.test(line) && depth < DEPTH) {
    const inner = [];
    while (at < lines.length && QUOTE.test(lines[at])) inner.push(QUOTE.exec(lines[at++])[1]);
    return [el("blockquote", {}, markdown(inner.join("\n"), depth + 1)), at];
  }
  if (BULLET.test(line) && depth < DEPTH) return listBlock(lines, at, depth);
  const words = [line];
  for (at += 1; at < lines.length && lines[at].trim() && !starts(lines, at); at += 1) words.push(lines[at]);
  return [el("p", {}, inline(words.join("\n"))), at];
}

function starts(lines, at) {
  return FENCE.test(lines[at]) || HEADING.test(lines[at]) || RULE.test(lines[at]) || BULLET.test(lines[at]) || QUOTE.test(lines[at]);
}

function fenced(lines, at, fence) {
  const [, ticks, name] = fence;
  const code = [];
  let end = at + 1;
  while (end < lines.length && !(lines[end].trim().startsWith(ticks) && /^[`~]+$/.test(lines[end].trim()))) code.push(lines[end++]);
  const label = name.trim() ? el("span", { class: "code-name" }, shown(name.trim())) : null;
  return [el("div", { class: "code" }, label, el("pre", { tabindex: "0" }, el("code", {}, shown(code.join("\n"))))), end + 1];
}

function listBlock(lines, at, depth) {
  const [, indent, sign] = BULLET.exec(lines[at]);
  const ordered = /\d/.test(sign);
  const made = el(ordered ? "ol" : "ul");
  if (ordered) made.start = parseInt(sign, 10);
  while (at < lines.length) {
    const bullet = BULLET.exec(lines[at]);
    if (!bullet || bullet[1].length < indent.length || /\d/.test(bullet[2]) !== ordered) break;
    const inner = [bullet[3]];
    const inside = bullet[1].length + 1;
    for (at += 1; at < lines.length; at += 1) {
      const deep = lines[at].search(/\S/);
      if (deep < 0) {
        if (at + 1 < lines.length && lines[at + 1].search(/\S/) >= inside) inner.push("");
        else break;
      } else if (deep >= inside) inner.push(lines[at].slice(Math.min(deep, inside + sign.length)));
      else break;
    }
    made.append(el("li", {}, unwrapped(markdown(inner.join("\n"), depth + 1))));
    while (at + 1 < lines.length && !lines[at].trim() && BULLET.test(lines[at + 1])) at += 1;
  }
  return [made, at];
}

// An item that is one paragraph is its words alone.
function unwrapped(nodes) {
  const first = nodes.firstElementChild;
  if (first && first.tagName === "P" && !first.className) first.replaceWith(...first.childNodes);
  return nodes;
}

function tableBlock(lines, at) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const head = el("tr", {}, cells(lines[at]).map((cell) => el("th", { scope: "col" }, inline(cell))));
  const body = el("tbody");
  for (at += 2; at < lines.length && lines[at].includes("|"); at += 1) {
    body.append(el("tr", {}, cells(lines[at]).map((cell) => el("td", {}, inline(cell)))));
  }
  return [el("div", { class: "sideways" }, el("table", { class: "inner" }, el("thead", {}, head), body)), at];
}
