"use strict";
const {questions, labels} = JSON.parse(document.getElementById("data").textContent);
const arms = Object.keys(labels);
const $ = id => document.getElementById(id);

// What models and databases wrote is only ever put in as text, never as markup.
function make(tag, kind, text) {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  if (text !== undefined) node.textContent = text;
  return node;
}

function choices(select, options) {
  for (const [value, text] of options) select.append(new Option(text, value));
}
const unique = values => [...new Set(values)].filter(Boolean);
const levels = ["easy", "medium", "hard", "extra"];
choices($("arm"), arms.map(a => [a, labels[a]]));
$("arm").value = arms.includes("tuned") ? "tuned" : arms[arms.length - 1];
choices($("show"), [["", "all answers"], ["right", "right"], ["wrong", "wrong"], ["won", "right, another arm wrong"],
  ["lost", "wrong, another arm right"], ["same", "the same in all arms"], ["changed", "not the same in all arms"], ["refused", "refused"], ["unanswerable", "unanswerable questions"], ["aside", "not counted"]]);
choices($("level"), [["", "any difficulty"], ...unique(questions.map(q => q.difficulty))
  .sort((a, b) => levels.indexOf(a) - levels.indexOf(b)).map(l => [l, l])]);
choices($("kind"), [["", "any reason"], ...unique(questions.flatMap(q => arms.map(a => q.arms[a].kind))).sort().map(k => [k, k])]);

// Made when first searched for: joining all texts would delay the first sight of a large report.
const told = [];
const haystack = (q, i) => told[i] ??= [q.id, q.question, q.sql, q.database,
  ...arms.flatMap(a => [q.arms[a].sql, q.arms[a].reason])].join("\n").toLowerCase();
const others = (q, arm) => arms.filter(a => a !== arm).map(a => q.arms[a].correct);
const tests = {
  right: (q, a) => q.arms[a].correct,
  wrong: (q, a) => q.counted && !q.arms[a].correct,
  won: (q, a) => q.arms[a].correct && others(q, a).includes(false),
  lost: (q, a) => !q.arms[a].correct && others(q, a).includes(true),
  same: (q, a) => others(q, a).every(c => c === q.arms[a].correct),
  changed: (q, a) => q.counted && others(q, a).some(c => c !== q.arms[a].correct),
  refused: (q, a) => q.arms[a].refused,
  unanswerable: q => q.sql === null,
  aside: q => !q.counted,
};

let found = [], drawn = 0;
function search() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const arm = $("arm").value, show = $("show").value, level = $("level").value, kind = $("kind").value;
  found = questions.filter((q, i) => words.every(w => haystack(q, i).includes(w)) && (!show || tests[show](q, arm))
    && (!level || q.difficulty === level) && (!kind || q.arms[arm].kind === kind));
  $("count").textContent = `${found.length.toLocaleString("en")} of ${questions.length.toLocaleString("en")} questions`;
  $("list").replaceChildren();
  drawn = 0;
  draw();
}
function draw() {
  const part = found.slice(drawn, drawn + 60);
  drawn += part.length;
  $("list").append(...part.map(row));
}
new IntersectionObserver(seen => { if (seen[0].isIntersecting && drawn < found.length) draw(); }, {rootMargin: "600px"}).observe($("more"));

function row(q) {
  const details = make("details", "q"), summary = make("summary");
  const marks = make("span", "marks");
  for (const a of arms) {
    const right = q.arms[a].correct;
    const mark = make("span", q.counted ? (right ? "yes" : "no") : "off", q.counted ? (right ? "✓" : "✗") : "–");
    mark.title = `${labels[a]}: ${q.arms[a].reason}`;
    marks.append(mark);
  }
  summary.append(marks, make("span", "asked", q.question), make("span", "side", [q.difficulty, q.id].filter(Boolean).join(" · ")));
  details.append(summary);
  details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) details.append(...body(q)); });
  return details;
}

function body(q) {
  const gold = make("div", "answer");
  const head = make("h3", "", "Gold");
  gold.append(head);
  if (q.sql === null) gold.append(make("p", "note", "The schema cannot answer this question; the right answer is to say so."));
  else gold.append(code(q.sql));
  const blocks = arms.map(a => {
    const said = q.arms[a], block = make("div", "answer"), title = make("h3");
    title.append(dot(a), make("span", "", labels[a]), make("span", `tag ${said.correct ? "yes" : q.counted ? "no" : "off"}`, said.verdict.replace("_", " ")));
    if (said.reason) title.append(make("span", "why", said.reason));
    block.append(title);
    if (said.sql) block.append(code(said.sql));
    else block.append(make("p", "note", said.refused ? "refused" : `no SQL found in: ${said.text.slice(0, 400)}`));
    if (q.result || said.result) {
      const both = make("div", "both");
      const gold = said.gold || q.result;
      if (gold) both.append(result("gold result", gold, said.missing, null, said.extra));
      if (said.result) both.append(result("predicted result", said.result, said.extra, said.columns, said.missing));
      block.append(both);
    }
    const tables = Object.entries(said.witness.tables || {});
    if (tables.length) {
      const box = make("details", "tables");
      box.append(make("summary", "", `the database that tells them apart: ${said.witness.database}`));
      box.addEventListener("toggle", () => { if (box.children.length === 1) box.append(...tables.map(([name, rows]) => result(name, rows))); });
      block.append(box);
    }
    return block;
  });
  return [gold, ...blocks];
}
const dot = arm => make("span", `dot arm-${arm}`);

const token = /('(?:[^']|'')*')|\b(\d+(?:\.\d+)?)\b|\b(SELECT|FROM|WHERE|JOIN|LEFT|RIGHT|FULL|OUTER|INNER|CROSS|ON|USING|GROUP|ORDER|BY|HAVING|QUALIFY|LIMIT|OFFSET|UNION|ALL|EXCEPT|INTERSECT|DISTINCT|AS|AND|OR|NOT|IN|IS|NULL|LIKE|ILIKE|BETWEEN|CASE|WHEN|THEN|ELSE|END|WITH|RECURSIVE|EXISTS|OVER|PARTITION|ROWS|RANGE|INTERVAL|CAST|DATE|TIMESTAMP|TRUE|FALSE|DESC|ASC|NULLS|FIRST|LAST|FILTER|COUNT|SUM|AVG|MIN|MAX)\b/gi;
function code(sql) {
  const pre = make("pre");
  let end = 0;
  for (const m of sql.matchAll(token)) {
    pre.append(sql.slice(end, m.index), make("span", m[1] ? "s" : m[2] ? "d" : "k", m[0]));
    end = m.index + m[0].length;
  }
  pre.append(sql.slice(end));
  return pre;
}

// `off` lists rows that only this side has, in the gold's column order; `columns` says where that order stands here.
// `other` lists rows that only the other side has: against the nearest of them the cells that differ are marked.
function result(name, told, off, columns, other) {
  const box = make("div", "rows");
  if (told.error) {
    box.append(make("div", "error", told.error));
    return box;
  }
  const left = (off || []).map(r => JSON.stringify(r));
  const table = make("table"), head = make("tr");
  for (const column of told.columns) head.append(make("th", "", column));
  table.append(head);
  for (const values of told.rows) {
    const line = make("tr"), aligned = columns && columns.length ? columns.map(j => values[j]) : values;
    const at = left.indexOf(JSON.stringify(aligned));
    let near = null;
    if (at >= 0) { left.splice(at, 1); line.className = "off"; near = nearest(aligned, other || []); }
    values.forEach((value, j) => {
      const place = columns && columns.length ? columns.indexOf(j) : j;
      const cell = value === null ? make("td", "null", "NULL") : make("td", typeof value === "number" ? "n" : "", String(value));
      if (near && place >= 0 && near[place] !== value) cell.classList.add("cell");
      line.append(cell);
    });
    table.append(line);
  }
  const count = `${told.count.toLocaleString("en")}${told.truncated ? "+" : ""} row${told.count === 1 ? "" : "s"}`;
  const more = told.rows.length < told.count ? `, the first ${told.rows.length} shown` : "";
  const wide = told.columns.length < told.width ? `, ${told.columns.length} of ${told.width} columns` : "";
  box.append(table, make("div", "caption", `${name}: ${count}${more}${wide}`));
  return box;
}

function nearest(row, others) {
  let best = null, most = 0;
  for (const other of others) {
    const shared = row.filter((value, j) => other[j] === value).length;
    if (shared > most) [best, most] = [other, shared];
  }
  return best;
}

let waiting;
$("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
for (const id of ["arm", "show", "level", "kind"]) $(id).addEventListener("change", search);
search();
