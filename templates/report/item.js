// One item: what was asked, what was answered, what every judge said; beside it the answer of another, if wanted.

let rawTexts = false;
let other = null;         // the group that stands beside
let opening = 0;

async function openItem(item, beside) {
  const mine = ++opening;
  current = item;
  other = beside;
  document.body.classList.toggle("reading", item !== null);
  const at = filtered.indexOf(item);
  if (at >= 0) {
    rowsList.reveal(at);
    markActive(at);
  } else rowsList.update(true);
  if (!item) {
    fill($("item"), el("p", { class: "hint center" }, whereNow().asked ? t("missingItem") : t("choose")));
    return;
  }
  if (!$("item").hasChildNodes()) fill($("item"), el("p", { class: "hint center" }, t("loading")));
  const second = beside === null ? null : itemAt.get(place(item.question, beside)) || null;
  const sides = [item, second].filter(Boolean);
  const texts = await Promise.all(sides.map((one) => itemTexts(one.question, one.group)));
  if (mine !== opening) return;
  const turns = Math.max(...texts.map((one) => Math.max(one.outputs.length, ...one.verdicts.map((verdict) => verdict[1]), 1)));
  fill($("item"), itemHead(item), el("div", { class: sides.length > 1 ? "conversation two" : "conversation" },
    Array.from({ length: turns }, (_, i) => turnPart(i + 1, sides, texts))));
  $("item").scrollTop = 0;
  $("item").dataset.shown = itemLink(item, other);
}

function itemHead(item) {
  const [id, category] = board.questions[item.question];
  const same = items.filter((one) => one.question === item.question);
  const names = same.map((one) => visible(`${modelOf(one.group)} · ${strategyOf(one.group)}`));
  const choices = [null, ...same.filter((one) => one !== item)];
  const compare = el("select", { id: "beside", onchange: () => go(itemLink(item, choices[compare.selectedIndex]?.group ?? null), { quietly: true }) },
    choices.map((one) => el("option", {}, one === null ? t("nobody") : names[same.indexOf(one)])));
  compare.selectedIndex = Math.max(0, choices.findIndex((one) => one && one.group === other));
  const who = el("select", { "aria-label": t("model"), onchange: () => go(itemLink(same[who.selectedIndex], other), { quietly: true }) },
    names.map((name) => el("option", {}, name)));
  who.selectedIndex = same.indexOf(item);
  const style = el("button", { type: "button", class: "quiet", "aria-pressed": String(rawTexts), onclick: () => {
    rawTexts = !rawTexts;
    openItem(item, other);
  } }, t("raw"));
  return el("header", { class: "item-head" },
    el("div", { class: "item-title" },
      el("a", { class: "button back", href: "#items" }, "← ", t("back")),
      el("h2", { tabindex: "-1", id: "item-title" }, shown(String(id)), el("span", { class: "dim" }, " · ", shown(board.categories[category]))),
      el("span", { class: "steps" },
        el("button", { type: "button", "aria-label": t("previous"), title: t("previous"), onclick: () => stepItem(-1) }, "‹"),
        el("button", { type: "button", "aria-label": t("next"), title: t("next"), onclick: () => stepItem(1) }, "›")),
      style, el("a", { class: "quiet", href: itemLink(item, other) }, t("link"))),
    el("div", { class: "controls" }, field(t("answer"), who), same.length > 1 ? field(t("compareWith"), compare) : null));
}

function turnPart(turn, sides, texts) {
  const [first] = texts;
  const question = first.texts[turn - 1];
  const reference = first.references[turn - 1];
  return el("section", { class: "turn", "aria-label": t("turn", { n: turn }) },
    el("h3", {}, t("turn", { n: turn })),
    question === undefined ? null : el("div", { class: "question" }, el("p", { class: "label" }, t("question")), cutText(question, prose)),
    reference ? el("details", { class: "reference" }, el("summary", {}, t("reference")), cutText(reference, prose)) : null,
    el("div", { class: "sides" }, sides.map((item, i) => answerPart(turn, item, texts[i], sides.length > 1))));
}

const prose = (text) => (rawTexts ? plain(text) : el("div", { class: "prose" }, markdown(text)));

function answerPart(turn, item, texts, named) {
  const output = texts.outputs[turn - 1];
  const reasoning = texts.reasonings[turn - 1];
  const cut = texts.cuts[turn - 1];
  const verdicts = texts.verdicts.filter((verdict) => verdict[1] === turn);
  return el("article", { class: "answer" },
    el("p", { class: "label" }, named ? null : `${t("answer")} · `, shown(`${modelOf(item.group)} · ${strategyOf(item.group)}`)),
    reasoning ? el("details", { class: "reasoning" }, el("summary", {}, t("reasoning")), cutText(reasoning, prose)) : null,
    output === undefined ? el("p", { class: "hint" }, t("noAnswer")) : output === "" ? el("p", { class: "hint" }, t("emptyAnswer")) : cutText(output, prose),
    texts.finishes[turn - 1] === "length" ? el("p", { class: "badge warn" }, t("finish")) : null,
    cut ? el("details", {}, el("summary", {}, t("cut")), cutText(cut, plain)) : null,
    el("div", { class: "verdicts" }, verdicts.length ? verdicts.map((verdict) => verdictPart(verdict, item)) : el("p", { class: "hint" }, t("noVerdict"))));
}

function verdictPart([rowNumber, turn, repeat, comment, reasoning, detail, otherText, flags], item) {
  const row = board.rows[rowNumber];
  const known = item.verdicts.find((one) => one.row === rowNumber && one.turn === turn && one.repeat === repeat);
  const failed = known.score === null;
  return el("div", { class: failed ? "verdict failed" : "verdict" },
    el("p", { class: "verdict-head" }, scoreBadge(known.score, true), el("span", {}, shown(judgeName(row)), row.repeats > 1 ? ` · ${t("repeat", { n: repeat })}` : ""),
      flags.map(([rule]) => el("span", { class: "badge warn", title: said(board.rules[rule][1]) }, "⚑ ", board.rules[rule][0]))),
    failed ? el("p", {}, el("b", {}, t("kind_failed", { kind: board.kinds[known.kind] })), " ", shown(detail || "")) : comment ? cutText(comment, prose) : null,
    reasoning ? el("details", { class: "reasoning" }, el("summary", {}, t("reasoning")), cutText(reasoning, prose)) : null,
    otherText ? el("p", { class: "hint warn" }, t("otherText")) : null,
    flags.filter(([, evidence]) => evidence).map(([rule, evidence]) => el("p", { class: "hint warn" }, `${board.rules[rule][0]} — ${said(board.rules[rule][1])}: `, shown(evidence))));
}
