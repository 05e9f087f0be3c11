// Elements out of texts. Text only ever becomes a text node; there is no way here to pass HTML, a URL or a style text.

const INVISIBLE = new RegExp(
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f" +
  "\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb]" +
  "|\\udb40[\\udc00-\\udc7f]|[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]", "g");

const ALLOWED = new Set(["id", "role", "type", "title", "tabindex", "for", "value", "min", "max", "step", "open", "disabled",
  "checked", "selected", "colspan", "scope", "lang", "name", "placeholder", "autocomplete", "spellcheck", "dir", "hidden", "method"]);

// el("button", {class: "x", "aria-label": "...", onclick: f, style: {left: "3px"}}, child, "text", ...)
function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name === "style") for (const [key, text] of Object.entries(value)) made.style.setProperty(key, text);
    else if (name === "href" && /^#/.test(value)) made.setAttribute("href", value);
    else if (ALLOWED.has(name) || name.startsWith("aria-")) made.setAttribute(name, value === true ? "" : visible(String(value)));
    else throw new Error(`attribute ${name} is not allowed`);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

function mark(character) {
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

// A text in which nothing is invisible: for attributes, options and labels of plots.
function visible(text) {
  return text.replace(/\r\n/g, "\n").replace(INVISIBLE, (found) => `⟨${mark(found)}⟩`);
}

// The same as nodes, so that the marks look like marks.
function shown(text) {
  const whole = document.createDocumentFragment();
  const clean = String(text).replace(/\r\n/g, "\n");
  let from = 0;
  for (const found of clean.matchAll(INVISIBLE)) {
    whole.append(clean.slice(from, found.index), el("span", { class: "mark" }, `⟨${mark(found[0])}⟩`));
    from = found.index + found[0].length;
  }
  whole.append(clean.slice(from));
  return whole;
}

function $(id) {
  return document.getElementById(id);
}

function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// A list of which only the rows on the screen exist. `draw(i)` makes row i, `height` is that of every row.
class Windowed {
  constructor(scroller, height, draw, offset = 0) {
    Object.assign(this, { scroller, height, draw, offset, count: 0, first: -1, last: -1, rows: new Map() });
    this.body = el("div", { class: "windowed", role: "presentation" });
    scroller.append(this.body);
    scroller.addEventListener("scroll", () => this.update(), { passive: true });
    new ResizeObserver(() => this.update()).observe(scroller);
  }

  reset(count) {
    this.count = count;
    this.body.style.setProperty("height", `${count * this.height}px`);
    this.first = -1;
    this.update(true);
  }

  update(force = false) {
    const top = Math.max(0, this.scroller.scrollTop - this.offset);
    const first = Math.max(0, Math.floor(top / this.height) - 8);
    const last = Math.min(this.count, Math.ceil((top + this.scroller.clientHeight) / this.height) + 8);
    if (!force && first === this.first && last === this.last) return;
    const known = force ? new Map() : this.rows;
    const rows = new Map();
    for (let i = first; i < last; i += 1) rows.set(i, known.get(i) || this.placed(i));
    for (const [i, row] of this.rows) if (rows.get(i) !== row) row.remove();
    let after = null;
    for (let i = last - 1; i >= first; i -= 1) {
      const row = rows.get(i);
      if (row.parentNode !== this.body) this.body.insertBefore(row, after);
      after = row;
    }
    Object.assign(this, { first, last, rows });
  }

  placed(i) {
    const row = this.draw(i);
    row.style.setProperty("top", `${i * this.height}px`);
    row.style.setProperty("height", `${this.height}px`);
    return row;
  }

  reveal(i) {
    const top = i * this.height + this.offset;
    const view = this.scroller.clientHeight;
    if (top < this.scroller.scrollTop + this.offset) this.scroller.scrollTop = top - this.offset;
    else if (top + this.height > this.scroller.scrollTop + view) this.scroller.scrollTop = top + this.height - view;
    this.update(true);
  }
}
