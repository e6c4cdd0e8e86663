const express = require('express');
const { readFile } = require('fs/promises');
const path = require('path');

const app = express();
app.disable('x-powered-by');

let index = [];

async function loadIndex() {
  const text = await readFile(path.join(__dirname, 'index.json'), 'utf8');
  index = JSON.parse(text);
}

function escapeHtml(value) {
  return String(value)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}

function layout(title, content) {
  return [
    '<!doctype html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><title>${title}</title></head>`,
    `<body><main>${content}</main></body>`,
    '</html>',
  ].join('\n');
}

function resultList(hits) {
  const items = hits.map((h) => `<li><a href="/doc/${Number(h.id)}">${escapeHtml(h.title)}</a></li>`);
  return `<ul>${items.join('')}</ul>`;
}

function find(words) {
  return index.filter((doc) => words.every((w) => doc.text.includes(w))).slice(0, 50);
}

app.get('/search', (req, res) => {
  const phrase = String(req.query.q || '');
  const hits = find(phrase.toLowerCase().split(/\s+/));
  let content = `<h1>${hits.length} results</h1>`;
  if (hits.length === 0) {
    content = `<p>Nothing was found for <em>${phrase}</em>.</p>`;
  } else {
    content += resultList(hits);
  }
  res.send(layout('Search', content));
});

app.get('/doc/:id(\\d+)', (req, res) => {
  const doc = index.find((d) => d.id === Number(req.params.id));
  if (!doc) {
    return res.sendStatus(404);
  }
  return res.send(layout(escapeHtml(doc.title), `<pre>${escapeHtml(doc.text)}</pre>`));
});

loadIndex().then(() => app.listen(3000, '127.0.0.1'));
