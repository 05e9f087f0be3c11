// The board: what is best and how sure that is, warnings, the table, comparisons, agreement, notes.

const picked = new Set();       // rows in the radar
const MOST_PICKED = 6;

function rowsOf(offline) {
  return [...board.rows.entries()].filter(([, row]) => row.offline === offline);
}

function drawBoard() {
  const online = rowsOf(false);
  const offline = rowsOf(true);
  fill($("headline"), headline(online.length ? online : offline, !online.length), summaryLine());
  fill($("warnings"), warningBox());
  fill($("tables"),
    bySet(online).map((rows, _, all) => boardTable(rows, false, all.length > 1)),
    bySet(offline).map((rows, _, all) => boardTable(rows, true, all.length > 1)),
    el("p", { class: "hint" }, t("bootstrapNote")));
  fill($("comparison"), comparisonPart());
  fill($("agreement"), agreementPart());
  fill($("findings"), findingsPart());
}

// Rows that were asked the same questions; only these are ranked together. The largest set comes first.
function bySet(rows) {
  const sets = distinct(rows.map(([, row]) => row.set)).map((set) => rows.filter(([, row]) => row.set === set));
  return sets.sort((a, b) => b[0][1].questions - a[0][1].questions);
}

function summaryLine() {
  const verdicts = board.rows.reduce((sum, row) => sum + row.counts[0], 0);
  return el("p", { class: "summary" }, t("summary", {
    models: distinct(board.groups.map((group) => group[0])).length,
    strategies: distinct(board.groups.map((group) => group[1])).length,
    judges: distinct(board.rows.map((row) => row.judge)).length,
    questions: board.questions.length,
    verdicts: counted(verdicts),
  }));
}

// The best row of each judge, since the scales of two judges are not one; rows that lack verdicts only where no other is.
function headline(rows, offline) {
  const judges = distinct(rows.map(([, row]) => row.judge));
  const sets = bySet(rows);
  return sets.flatMap((set) => judges.map((judge) => set.filter(([, row]) => row.judge === judge))).filter((own) => own.length).map((all) => {
    const own = all.filter(([, row]) => row.value !== null).sort((a, b) => b[1].value - a[1].value);
    if (!own.length) return el("p", {}, t("noRows"));
    const whole = own.filter(([, row]) => row.whole);
    const [, best] = (whole.length ? whole : own)[0];
    const alike = (row) => row.ranks && (row.ranks[0] === best.ranks[0] || best.ranks[3].includes(row.ranks[0]));
    const tied = best.ranks ? own.filter(([, row]) => row !== best && alike(row)).length : 0;
    const sure = !best.interval ? t("noInterval") : tied ? t("notAlone", { n: tied }) : best.ranks ? t("alone") : whole.length ? t("oneRow") : t("unranked");
    const left = whole.length ? own.length - whole.length : 0;
    return el("div", { class: "best" },
      el("p", { class: "label" }, t("best"), ` · ${scaleText()}`, judges.length > 1 || offline ? [" · ", shown(judgeName(best))] : null,
        sets.length > 1 ? ` · ${t("ofQuestions", { n: best.questions })}` : null),
      el("p", { class: "leader" }, el("strong", { class: "figure" }, best.overall),
        el("span", {}, shown(modelOf(best.group)), el("span", { class: "dim" }, " · ", shown(strategyOf(best.group))))),
      el("p", {}, best.interval ? `${t("between", { low: number(best.interval[0]), high: number(best.interval[1]) })}. ` : "", sure, left ? ` ${t("unrankedLeft", { n: left })}` : ""));
  });
}

function warningBox() {
  const lines = [];
  const missing = ([judged, failed, expected]) => expected - judged - failed;
  const sum = (get) => board.rows.reduce((total, row) => total + get(row), 0);
  const [failed, gone] = [sum((row) => row.counts[1]), sum((row) => missing(row.counts))];
  if (failed || gone) {
    const values = { expected: counted(sum((row) => row.counts[2])), failed, missing: gone };
    lines.push([t(board.failures === "zero" ? "failedZeroWarn" : "failedWarn", values), { failed: true }]);
  }
  if (board.rows.some((row) => row.offline)) lines.push([t("offlineHint"), null]);
  const gate = board.rules.findIndex((rule) => rule[0] === "language-gate");
  const breaks = sum((row) => row.verdicts.filter((verdict) => verdict[5].some((rule) => rule !== gate)).length);
  const changed = sum((row) => (row.gate ? row.gate[1] : 0));
  if (breaks) lines.push([t("flagWarn", { n: counted(breaks) }), { flag: "any" }]);
  if (changed) lines.push([t("gateWarn", { n: counted(changed) }), { flag: String(gate) }]);
  if (!lines.length) return null;
  return [el("h2", { id: "warnings-title" }, t("warnings")), el("ul", {}, lines.map(([text, filter]) => el("li", {}, text, " ",
    filter && el("button", { type: "button", class: "quiet", onclick: () => showFiltered(filter) }, t("show")))))];
}

// ---- the table

const sorting = {};   // board -> [column, direction]

function boardColumns(rows) {
  const names = board.categories.filter((name) => rows.some(([, row]) => row.categories.some(([own]) => own === name)));
  const judges = distinct(rows.map(([, row]) => row.judge)).length > 1;
  const text = (get) => ({ key: get, direction: 1 });
  const figure = (get) => ({ key: (row) => (get(row) === null || get(row) === undefined ? -Infinity : Number(get(row))), direction: -1, figure: true });
  const category = (name) => (row) => (row.categories.find(([own]) => own === name) || [name, null])[1];
  return [
    { id: "rank", name: t("rank"), key: (row) => (row.ranks ? -row.ranks[0] : -1e9), direction: -1, figure: true, cell: rankCell },
    { id: "model", name: t("model"), ...text((row) => modelOf(row.group).toLowerCase()), cell: modelCell, head: true },
    { id: "strategy", name: t("strategy"), ...text((row) => strategyOf(row.group)), cell: (row) => shown(strategyOf(row.group)) },
    judges && { id: "judge", name: t("judge"), ...text((row) => row.judge), cell: (row) => shown(row.judge), class: "judge" },
    { id: "overall", name: t("overall"), ...figure((row) => row.value), cell: overallCell, class: "overall" },
    { id: "interval", name: t("interval"), ...figure((row) => row.interval && row.interval[0]), figure: false, cell: whiskerCell, class: "whisker-cell" },
    { id: "tied", name: t("tied"), ...figure((row) => (row.ranks ? row.ranks[3].length : null)), cell: tiedCell, class: "tied" },
    { id: "single", name: t("single"), ...figure((row) => row.single), cell: (row) => row.single ?? "–" },
    { id: "multi", name: t("multi"), ...figure((row) => row.multi), cell: (row) => row.multi ?? "–" },
    ...names.map((name) => ({ id: `category ${name}`, label: name, name: shown(name), ...figure(category(name)), cell: (row) => category(name)(row) ?? "–" })),
    { id: "judged", name: t("judged"), ...figure((row) => row.counts[0] - row.counts[2]), cell: countsCell },
    rows.some(([, row]) => row.gate) && { id: "gate", name: t("gate"), hint: t("gateHint"), ...figure((row) => row.gate && row.gate[0]), cell: gateCell },
    { id: "pick", name: t("pick"), plain: true, cell: pickCell },
  ].filter(Boolean);
}

function boardTable(rows, offline, several) {
  const side = `${offline}${rows[0][1].set}`;
  sorting[side] ??= ["overall", -1];
  const judges = distinct(rows.map(([, row]) => row.judge));
  const whose = offline ? t("offlineBoard") : judges.length === 1 ? t("boardOf", { judge: visible(judges[0]) }) : t("board");
  const title = several ? `${whose} · ${t("ofQuestions", { n: rows[0][1].questions })}` : whose;
  const body = el("tbody");
  const columns = boardColumns(rows);
  const notes = distinct(rows.flatMap(([, row]) => row.notes));
  const drawn = new Map();
  const scale = whiskerScale(rows);
  const arrange = () => {
    const [id, direction] = sorting[side];
    const { key } = columns.find((column) => column.id === id) || columns[0];
    const order = [...rows].sort(([, a], [, b]) => {
      const [x, y] = [key(a), key(b)];
      return (x < y ? -1 : x > y ? 1 : 0) * direction;
    });
    fill(body, order.map(([index, row]) => {
      if (!drawn.has(index)) drawn.set(index, el("tr", {}, columns.map((column) => el(column.head ? "th" : "td",
        { class: [column.figure && "figure", column.class].filter(Boolean).join(" ") || null, scope: column.head ? "row" : null },
        column.cell(row, index, { scale, notes })))));
      return drawn.get(index);
    }));
  };
  const heads = columns.map((column) => {
    const label = column.label ?? column.name;
    if (column.plain) return el("th", { scope: "col" }, column.name);
    const head = el("th", { scope: "col", class: column.figure ? "figure" : null, "aria-sort": sorting[side][0] === column.id ? sortWord(sorting[side][1]) : "none" });
    head.append(el("button", { type: "button", title: column.hint ?? t("sortBy", { name: visible(label) }), onclick: () => {
      const [id, direction] = sorting[side];
      sorting[side] = [column.id, id === column.id ? -direction : column.direction];
      for (const other of heads) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", sortWord(sorting[side][1]));
      arrange();
    } }, column.name));
    return head;
  });
  arrange();
  return el("section", { class: "board-part" },
    el("h2", {}, title), offline ? el("p", { class: "hint warn" }, t("offlineHint")) : null,
    el("div", { class: "sideways", tabindex: "0", role: "region", "aria-label": `${title}, ${t("scrollTable")}` },
      el("table", { class: "board" }, el("thead", {}, el("tr", {}, heads)), body)),
    notes.length ? el("ol", { class: "notes", "aria-label": t("notes") }, notes.map((note) => el("li", {}, shown(said(note))))) : null);
}

const sortWord = (direction) => (direction > 0 ? "ascending" : "descending");

function rankCell(row) {
  if (!row.ranks) return "–";
  const [rank, low, high] = row.ranks;
  return [String(rank), el("span", { class: "dim small" }, ` (${low === high ? low : `${low}–${high}`})`)];
}

function modelCell(row, _, { notes }) {
  const signs = row.notes.map((note) => notes.indexOf(note) + 1);
  return [el("a", { class: "model", href: groupHash(row), onclick: (event) => {
    event.preventDefault();
    showFiltered({ model: modelOf(row.group), strategy: strategyOf(row.group) });
  } }, shown(modelOf(row.group))), signs.length ? el("sup", {}, signs.join(", ")) : null];
}

const groupHash = () => "#items";

function overallCell(row) {
  if (row.overall === null) return "–";
  return row.interval ? [row.overall, el("span", { class: "dim small" }, ` ±${number((row.interval[1] - row.interval[0]) / 2)}`)] : row.overall;
}

// The common scale of all whiskers of a table: whole points around all intervals.
function whiskerScale(rows) {
  const ends = rows.flatMap(([, row]) => row.interval || (row.value === null ? [] : [row.value]));
  const [lowest, highest] = board.range;
  return [Math.max(lowest, Math.floor(Math.min(...ends, highest))), Math.min(highest, Math.ceil(Math.max(...ends, lowest)))];
}

function whiskerCell(row, _, { scale }) {
  if (!row.interval || row.value === null) return "–";
  return whisker(row.value, row.interval, scale, t("between", { low: number(row.interval[0]), high: number(row.interval[1]) }));
}

function whisker(value, [low, high], [from, to], label, zero = false) {
  const spot = (score) => `${(100 * (score - from)) / Math.max(to - from, 1e-9)}%`;
  return el("div", { class: "whisker", role: "img", "aria-label": label, title: label },
    zero ? el("i", { class: "zero", style: { left: spot(0) } }) : null,
    el("i", { class: "line", style: { left: spot(low), width: `${(100 * (high - low)) / Math.max(to - from, 1e-9)}%` } }),
    el("i", { class: "dot", style: { left: spot(value) } }));
}

// 1, 2, 3, 7 -> "1–3, 7"
function ranges(numbers) {
  const parts = [];
  for (const one of numbers) {
    const last = parts[parts.length - 1];
    if (last && one - last[1] <= 1) last[1] = one;
    else parts.push([one, one]);
  }
  return parts.map(([a, b]) => (a === b ? `${a}` : `${a}–${b}`)).join(", ");
}

function tiedCell(row) {
  if (!row.ranks || !row.ranks[3].length) return "–";
  const ranks = row.ranks[3];
  const all = t("rankTies", { n: ranges(ranks) });
  if (all.length <= 10) return all;
  return el("span", { title: all, "aria-label": all }, t("manyTies", { from: ranks[0], to: ranks[ranks.length - 1], n: ranks.length }));
}

function countsCell(row) {
  const [judged, failed, expected] = row.counts;
  const missing = expected - judged - failed;
  const text = t("judgedOf", { judged, expected, failed, missing });
  return el("span", { class: failed || missing ? "short" : null, title: text, role: "img", "aria-label": text }, `${judged}/${expected}`,
    failed ? ` ✕${failed}` : "", missing ? ` ∅${missing}` : "");
}

function gateCell(row) {
  if (!row.gate) return "–";
  const [overall, changed] = row.gate;
  return [overall ?? "–", changed ? el("span", { class: "short small" }, ` (${t("gateChanged", { n: changed })})`) : null];
}

function pickCell(row, index) {
  const box = el("input", { type: "checkbox", class: "pick", "aria-label": t("pickRow", { name: visible(rowName(row)) }) });
  box.checked = picked.has(index);
  box.disabled = !box.checked && picked.size >= MOST_PICKED;
  box.addEventListener("change", () => {
    if (box.checked) picked.add(index);
    else picked.delete(index);
    for (const other of document.querySelectorAll("input.pick")) other.disabled = !other.checked && picked.size >= MOST_PICKED;
    drawRadar();
  });
  return box;
}

// The best row of each of the three best models of the first judge.
function pickDefaults() {
  const rows = rowsOf(false).length ? rowsOf(false) : rowsOf(true);
  const models = new Set();
  for (const [index, row] of bySet(rows)[0].filter(([, one], __, [[, first]]) => one.judge === first.judge).sort((a, b) => (b[1].value ?? -1e9) - (a[1].value ?? -1e9))) {
    if (!models.has(modelOf(row.group)) && picked.size < 3) picked.add(index);
    models.add(modelOf(row.group));
  }
}

// ---- strategies, judges

function comparisonPart() {
  if (!board.comparisons.length) return null;
  const ends = board.comparisons.flatMap((one) => one.interval || [one.difference]);
  const scale = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const several = distinct(board.comparisons.map((one) => one.same[1])).length > 1;
  const rows = board.comparisons.map((one) => {
    const between = one.interval ? t("between", { low: number(one.interval[0]), high: number(one.interval[1]) }) : t("noInterval");
    return el("tr", {}, el("th", { scope: "row" }, shown(one.same[0])), several ? el("td", {}, shown(one.same[1])) : null,
      el("td", {}, shown(one.a), " → ", shown(one.b)),
      el("td", { class: "figure" }, one.difference > 0 ? "+" : "", number(one.difference)),
      el("td", { class: "whisker-cell" }, one.interval ? whisker(one.difference, one.interval, scale, between, true) : "–"),
      el("td", { class: "figure" }, number(one.p, 3)),
      el("td", { class: "figure" }, one.counts.slice(0, 3).join("·")),
      el("td", { class: "figure" }, number(one.smallest)),
      el("td", { class: one.better ? "winner" : "dim" }, one.better ? t("better", { name: visible(one[one.better]) }) : t("same")));
  });
  const heads = [t("model"), several && t("judge"), t("pair"), t("difference"), t("interval"), "p", t("wins"), t("smallest"), t("verdictOf")];
  return [el("h2", {}, t("comparison")), el("p", { class: "hint" }, t("comparisonHint")), simpleTable(t("comparison"), heads.filter(Boolean), rows)];
}

function simpleTable(label, heads, rows) {
  return el("div", { class: "sideways tall", tabindex: "0", role: "region", "aria-label": label },
    el("table", {}, el("thead", {}, el("tr", {}, heads.map((head, i) => el("th", { scope: "col", class: rows[0]?.children[i]?.classList.contains("figure") ? "figure" : null }, head)))), el("tbody", {}, rows)));
}

function agreementPart() {
  if (!board.agreements.length) return null;
  const heads = [t("pair"), t("pairItems"), t("spearman"), t("kendall"), t("kappa"), t("alpha"), t("error"), t("bias"), t("rowRho"), t("rowError")];
  const rows = board.agreements.map((one) => el("tr", {}, el("th", { scope: "row" }, shown(one.a), " – ", shown(one.b)),
    el("td", { class: "figure" }, counted(one.items)), one.measures.map((value) => el("td", { class: "figure" }, number(value)))));
  return [el("h2", {}, t("agreement")), el("p", { class: "hint" }, t("agreementHint")), simpleTable(t("agreement"), heads, rows),
    board.agreements.map(gapsPart)];
}

function gapsPart(one) {
  if (!one.gaps.length) return null;
  return el("details", {}, el("summary", {}, t("gaps"), ": ", shown(one.a), " – ", shown(one.b)),
    one.floor === null ? null : el("p", { class: "hint" }, t("floor", { n: number(one.floor) })),
    el("ul", { class: "plain-list" }, one.gaps.map(([group, id, turn, a, b]) => {
      const item = items.find((other) => other.group === group && board.questions[other.question][0] === id);
      return el("li", {}, el("a", { href: item ? itemLink(item) : "#items" }, shown(`${modelOf(group)} · ${strategyOf(group)} · ${id}`), ` · ${t("turn", { n: turn })}`),
        ` ${number(a, 1)} / ${number(b, 1)}`);
    })));
}

function findingsPart() {
  if (!board.findings.length) return null;
  return el("details", {}, el("summary", {}, t("findings")), el("ul", { class: "plain-list" }, board.findings.map(([judge, check, doubtful, says]) =>
    el("li", {}, el("span", { class: doubtful ? "badge warn" : "badge" }, doubtful ? t("doubt") : t("fine")), " ", shown(judge), " · ", said(check), ": ", shown(said(says))))));
}
