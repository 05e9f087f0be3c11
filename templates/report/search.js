// Words in the texts: chunk by chunk, so that the page stays quick and a newer search ends an older one.

let searching = 0;
let waiting = 0;

function searchSoon(words) {
  clearTimeout(waiting);
  waiting = setTimeout(() => search(words), 250);
}

const folded = (text) => text.normalize("NFC").toLowerCase();

async function search(words) {
  const mine = ++searching;
  filter.text = words;
  const wanted = folded(words.trim());
  const state = $("search-state");
  if (!wanted) {
    matches = null;
    state.textContent = "";
    applyFilter();
    return;
  }
  const found = new Set();
  const questions = (await questionsOf()).map(([texts, references]) => folded([...texts, ...references].join("\n")).includes(wanted));
  for (const [question, has] of questions.entries()) if (has) for (let group = 0; group < board.groups.length; group += 1) found.add(place(question, group));
  for (let i = 0; i < board.starts.length; i += 1) {
    for (const [key, item] of await chunk(i)) if (!found.has(key) && holds(item, wanted)) found.add(key);
    if (mine !== searching) return;
    if (i % 8 === 7) {
      state.textContent = t("searching", { done: i + 1, all: board.starts.length });
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  matches = found;
  state.textContent = "";
  applyFilter();
}

function holds([, , outputs, reasonings, , , verdicts], wanted) {
  const has = (text) => Boolean(text) && folded(text).includes(wanted);
  return outputs.some(has) || reasonings.some(has) || verdicts.some(([, , , comment, reasoning, detail]) => has(comment) || has(reasoning) || has(detail));
}
