const express = require('express');
const articles = require('./articles.json');

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

class Html {
  constructor(text) {
    this.text = text;
  }
}

function escape(value) {
  if (value instanceof Html) {
    return value.text;
  }
  if (Array.isArray(value)) {
    return value.map(escape).join('');
  }
  return String(value).replace(/[&<>"']/g, (c) => ESCAPES[c]);
}

function html(strings, ...values) {
  return new Html(strings.reduce((out, part, i) => out + escape(values[i - 1]) + part));
}

const layout = (title, body) => html`<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>${title}</title></head>
  <body>${body}</body>
</html>`;

const router = express.Router();

router.get('/search', (req, res) => {
  const term = String(req.query.q || '').slice(0, 100);
  const needle = term.toLowerCase();
  const found = articles.filter((article) => article.title.toLowerCase().includes(needle));
  const items = found.map(
    (article) => html`<li><a href="/articles/${Number(article.id)}">${article.title}</a></li>`
  );
  const page = layout('Search', html`<h1>${found.length} articles about ${term}</h1><ul>${items}</ul>`);
  res.set('Content-Security-Policy', "default-src 'self'");
  res.type('html').send(page.text);
});

module.exports = router;
