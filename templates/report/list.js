// The items view: filters, and a list of which only the rows on the screen exist.

const ROW_REM = 3.9;
const NOTHING = { text: "", category: "", model: "", strategy: "", judge: "", from: null, to: null, flag: "", failed: false, sort: "byQuestion" };
let filter = { ...NOTHING };
let filtered = [];
let current = null;       // the item on the right
let rowsList = null;      // the Windowed list
let matches = null;       // keys of the items whose texts hold the words, null without a search

function showFiltered(given) {
  filter = { ...NOTHING, ...given };
  matches = null;
  drawFilters();
  applyFilter();
  go("#items");
}

// The verdicts of an item that the filter speaks of.
function spokenOf(item) {
  return filter.judge ? item.verdicts.filter((verdict) => board.rows[verdict.row].judge === filter.judge) : item.verdicts;
}

function fits(item) {
  if (filter.model && modelOf(item.group) !== filter.model) return false;
  if (filter.strategy && strategyOf(item.group) !== filter.strategy) return false;
  if (filter.category && board.categories[board.questions[item.question][1]] !== filter.category) return false;
  if (matches && !matches.has(item.key)) return false;
  const verdicts = spokenOf(item);
  if (filter.judge && !verdicts.length) return false;
  if (filter.failed && !verdicts.some((verdict) => verdict.score === null) && !isMissing(item)) return false;
  if (filter.flag && !verdicts.some((verdict) => (filter.flag === "any" ? verdict.flags.length : verdict.flags.includes(Number(filter.flag))))) return false;
  const [from, to] = [filter.from ?? board.range[0], filter.to ?? board.range[1]];
  if ((from > board.range[0] || to < board.range[1]) && !verdicts.some((verdict) => verdict.score !== null && verdict.score >= from && verdict.score <= to)) return false;
  return true;
}

function isMissing(item) {
  const turns = Math.max(...item.verdicts.map((verdict) => verdict.turn));
  return distinct(spokenOf(item).map((verdict) => verdict.row)).some((row) => {
    const own = item.verdicts.filter((verdict) => verdict.row === row);
    return own.length < turns * board.rows[row].repeats;
  });
}

function spread(values) {
  return values.length > 1 ? Math.max(...values) - Math.min(...values) : -1;
}

// The mean of each judge that the filter speaks of.
function meansOf(item) {
  const own = spokenOf(item).filter((verdict) => verdict.score !== null);
  return distinct(own.map((verdict) => verdict.row)).map((row) => meanOf(scoresOf(own.filter((verdict) => verdict.row === row))));
}

const ORDERS = {
  byQuestion: null,
  byLow: (item) => Math.min(Infinity, ...meansOf(item)),
  byHigh: (item) => -Math.max(-Infinity, ...meansOf(item)),
  byGap: (item) => -Math.max(-1, ...distinct(item.verdicts.map((verdict) => verdict.turn)).map((turn) => {
    const own = item.verdicts.filter((verdict) => verdict.turn === turn && verdict.score !== null);
    return spread(distinct(own.map((verdict) => verdict.row)).map((row) => meanOf(scoresOf(own.filter((verdict) => verdict.row === row)))));
  })),
  byTurns: (item) => -Math.max(-1, ...distinct(spokenOf(item).map((verdict) => verdict.row)).map((row) => {
    const own = spokenOf(item).filter((verdict) => verdict.row === row && verdict.score !== null);
    return spread(distinct(own.map((verdict) => verdict.turn)).map((turn) => meanOf(scoresOf(own.filter((verdict) => verdict.turn === turn)))));
  })),
};

function applyFilter() {
  filtered = items.filter(fits);
  const order = ORDERS[filter.sort];
  if (order) {
    const keys = new Map(filtered.map((item) => [item, order(item)]));
    filtered.sort((a, b) => keys.get(a) - keys.get(b) || a.key - b.key);
  }
  $("count").textContent = filtered.length === items.length ? t("found", { n: counted(filtered.length) }) : t("ofAll", { n: counted(filtered.length), all: counted(items.length) });
  $("empty").hidden = filtered.length > 0;
  $("empty").textContent = t("noItem");
  rowsList.scroller.scrollTop = 0;
  rowsList.reset(filtered.length);
  $("item-list").setAttribute("aria-label", $("count").textContent);
}

function drawFilters() {
  const set = (name) => (value) => { filter[name] = value; applyFilter(); };
  const models = distinct(board.groups.map((group) => group[0]));
  const strategies = distinct(board.groups.map((group) => group[1]));
  const judges = distinct(board.rows.map((row) => row.judge));
  const rules = board.rules.map((rule) => rule[0]);
  const bound = (name) => el("input", { type: "number", min: board.range[0], max: board.range[1], step: scoreStep(), value: filter[name] ?? board.range[name === "from" ? 0 : 1], "aria-label": `${t("score")} ${t(name)}`,
    oninput: (event) => { if (event.target.value !== "") set(name)(Number(event.target.value)); } });
  const failed = el("input", { type: "checkbox", id: "only-failed", onchange: (event) => set("failed")(event.target.checked) });
  failed.checked = filter.failed;
  const words = el("input", { type: "search", id: "search", value: filter.text, placeholder: t("searchHint"), autocomplete: "off", spellcheck: "false",
    oninput: () => searchSoon(words.value) });
  fill($("filters"),
    el("label", { class: "field wide" }, el("span", {}, t("search")), words),
    el("p", { id: "search-state", class: "hint", role: "status" }),
    el("details", { open: window.matchMedia("(min-width: 60rem)").matches || isFiltered() }, el("summary", {}, t("filters")),
      el("div", { class: "controls" },
        models.length > 1 ? field(t("model"), select(["", ...models], filter.model, set("model"))) : null,
        strategies.length > 1 ? field(t("strategy"), select(["", ...strategies], filter.strategy, set("strategy"))) : null,
        field(t("category"), select(["", ...board.categories], filter.category, set("category"))),
        judges.length > 1 ? field(t("judge"), select(["", ...judges], filter.judge, set("judge"))) : null,
        el("div", { class: "field", role: "group", "aria-label": t("score") }, el("span", {}, t("score")), el("div", { class: "range" }, bound("from"), "–", bound("to"))),
        rules.length ? field(t("flag"), select(["", "any", ...rules.keys()].map(String), filter.flag, set("flag"), t("all"), [t("all"), t("anyFlag"), ...rules])) : null,
        field(t("sort"), select(Object.keys(ORDERS), filter.sort, set("sort"), "", Object.keys(ORDERS).map((name) => t(name)))),
        el("label", { class: "check", for: "only-failed" }, failed, t("onlyFailed")),
        el("button", { type: "button", class: "quiet", onclick: () => showFiltered({}) }, t("clear")))));
}

const isFiltered = () => Object.keys(NOTHING).some((name) => name !== "sort" && filter[name] !== NOTHING[name]);

function startList() {
  const list = $("item-list");
  rowsList = new Windowed(list, Math.round(ROW_REM * parseFloat(getComputedStyle(document.documentElement).fontSize)), listRow);
  list.addEventListener("focus", () => { if (!current && filtered.length) markActive(0); });
}

function listRow(i) {
  const item = filtered[i];
  const [id, category, head] = board.questions[item.question];
  const chosen = current === item;
  const flagged = item.verdicts.some((verdict) => verdict.flags.length);
  return el("a", { class: chosen ? "row chosen" : "row", href: itemLink(item), id: `row-${item.key}`, role: "option", tabindex: "-1", "aria-selected": String(chosen),
    "aria-setsize": filtered.length, "aria-posinset": i + 1, onclick: (event) => {
      event.preventDefault();
      go(itemLink(item));
    } },
  el("span", { class: "row-top" }, el("b", {}, shown(String(id))), el("span", { class: "dim" }, shown(board.categories[category])),
    flagged ? el("span", { class: "badge warn", title: t("anyFlag") }, "⚑") : null, el("span", { class: "scores" }, badges(item))),
  el("span", { class: "row-name" }, shown(modelOf(item.group)), el("span", { class: "dim" }, " · ", shown(strategyOf(item.group)))),
  el("span", { class: "row-head dim" }, shown(head)));
}

// One badge a turn, judge by judge: judges are never averaged, repeats of one are.
function badges(item) {
  const verdicts = spokenOf(item);
  return distinct(verdicts.map((verdict) => verdict.row)).map((row) => {
    const own = verdicts.filter((verdict) => verdict.row === row);
    return el("span", { class: "scores", title: board.rows[row].judge },
      distinct(own.map((verdict) => verdict.turn)).sort((a, b) => a - b).map((turn) =>
        scoreBadge(meanOf(scoresOf(own.filter((verdict) => verdict.turn === turn))))));
  });
}

function scoreBadge(score, large = false) {
  const size = large ? "score large" : "score";
  if (score === null) return el("span", { class: `${size} gone`, title: t("failed") }, "×");
  return el("span", { class: `${size} s${shade(score)}` }, points(score));
}

function markActive(i) {
  $("item-list").setAttribute("aria-activedescendant", `row-${filtered[i].key}`);
}

// Opens the item `step` places further in the list.
function stepItem(step) {
  if (!filtered.length) return;
  const at = filtered.indexOf(current);
  const next = at < 0 ? 0 : Math.max(0, Math.min(filtered.length - 1, at + step));
  go(itemLink(filtered[next]), { quietly: current !== null });
}
