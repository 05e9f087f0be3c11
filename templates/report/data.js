// The data blocks of the file -> values. A block is decoded when it is first needed and forgotten when others are newer.

const KEPT_CHARACTERS = 24e6;

async function inflate(id) {
  const packed = $(id).textContent;
  const bytes = Uint8Array.fromBase64 ? Uint8Array.fromBase64(packed) : Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).text();
}

const unpack = async (id) => JSON.parse(await inflate(id));

let parsed = document.readyState !== "loading";
const whole = new Promise((resolve) => {
  if (parsed) resolve();
  else document.addEventListener("DOMContentLoaded", () => resolve(), { once: true });
});

const board = {};           // what report_data.build calls board
let questionTexts = null;   // [[texts, references], ...]
const chunks = new Map();   // number -> {items, size}, oldest first

async function chunk(number) {
  const known = chunks.get(number);
  if (known) {
    chunks.delete(number);
    chunks.set(number, known);
    return known.items;
  }
  await whole;
  const text = await inflate(`chunk-${number}`);
  const items = new Map(JSON.parse(text).map((item) => [place(item[0], item[1]), item]));
  chunks.set(number, { items, size: text.length });
  let size = [...chunks.values()].reduce((sum, one) => sum + one.size, 0);
  for (const [oldest, one] of chunks) {
    if (size <= KEPT_CHARACTERS || oldest === number) break;
    chunks.delete(oldest);
    size -= one.size;
  }
  return items;
}

const place = (question, group) => question * board.groups.length + group;

// The chunk that holds an item: the last one that starts at or before it.
function chunkOf(question, group) {
  let low = 0;
  let high = board.starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [q, g] = board.starts[middle];
    if (q < question || (q === question && g <= group)) low = middle;
    else high = middle - 1;
  }
  return low;
}

async function itemTexts(question, group) {
  const [items, questions] = await Promise.all([chunk(chunkOf(question, group)), questionsOf()]);
  const found = items.get(place(question, group));
  const [, , outputs, reasonings, finishes, cuts, verdicts] = found || [0, 0, [], [], [], [], []];
  const [texts, references] = questions[question];
  return { texts, references, outputs, reasonings, finishes, cuts, verdicts };
}

async function questionsOf() {
  await whole;
  questionTexts ||= unpack("questions");
  return questionTexts;
}

// Items: one answer to one question, with the numbers of all verdicts on it. Built once from the board.
let items = [];
const itemAt = new Map();

function buildItems() {
  for (const [number, row] of board.rows.entries()) {
    for (const [question, turn, repeat, score, kind, flags] of row.verdicts) {
      const key = place(question, row.group);
      let item = itemAt.get(key);
      if (!item) {
        item = { key, question, group: row.group, verdicts: [] };
        itemAt.set(key, item);
      }
      item.verdicts.push({ row: number, turn, repeat, score, kind, flags });
    }
  }
  items = [...itemAt.values()].sort((a, b) => a.key - b.key);
}

const modelOf = (group) => board.groups[group][0];
const strategyOf = (group) => board.groups[group][1];
const rowName = (row) => `${modelOf(row.group)} · ${strategyOf(row.group)}`;
const judgeName = (row) => (row.offline ? `${row.judge} (${t("offline")})` : row.judge);

function distinct(values) {
  return [...new Set(values)];
}

function meanOf(scores) {
  return scores.length ? scores.reduce((sum, score) => sum + score, 0) / scores.length : null;
}

function scoresOf(verdicts) {
  return verdicts.filter((verdict) => verdict.score !== null).map((verdict) => verdict.score);
}

function number(value, digits = 2) {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}

// A score in few digits: one behind the point, two on a scale shorter than two points.
function points(score) {
  return String(Number(score.toFixed(board.range[1] - board.range[0] < 2 ? 2 : 1)));
}

// ---- the scale of the scores, board.range = [lowest, highest]

const STEPS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 50, 100];

const scaleText = () => t("scale", { low: points(board.range[0]), high: points(board.range[1]) });

// The number of a colour, 0 for the lowest score and 10 for the highest.
function shade(score) {
  const [lowest, highest] = board.range;
  return Math.max(0, Math.min(10, Math.round((10 * (score - lowest)) / (highest - lowest))));
}

// The scores of the legend: every whole one of a short scale, else eleven.
function scaleScores() {
  const [lowest, highest] = board.range;
  const steps = Number.isInteger(highest - lowest) && highest - lowest > 1 && highest - lowest <= 10 ? highest - lowest : 10;
  return Array.from({ length: steps + 1 }, (_, i) => lowest + ((highest - lowest) * i) / steps);
}

function radarTick() {
  const length = board.range[1] - board.range[0];
  return Number.isInteger(length) && length > 1 && length <= 6 ? 1 : length / 5;
}

// What the arrows of a score field add.
function scoreStep() {
  return STEPS.find((step) => step >= (board.range[1] - board.range[0]) / 20) ?? 100;
}
