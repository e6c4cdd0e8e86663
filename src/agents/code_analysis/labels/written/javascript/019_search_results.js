const express = require('express');

const app = express();
const articles = require('./articles.json');

const layout = (title, body) => `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>${title}</title></head>
  <body>${body}</body>
</html>`;

function matches(term) {
  const needle = term.toLowerCase();
  return articles.filter((article) => article.title.toLowerCase().includes(needle));
}

app.get('/search', (req, res) => {
  const term = String(req.query.q || '');
  const found = matches(term);
  const list = found.map((a) => `<li><a href="/articles/${a.id}">${a.title}</a></li>`).join('');
  const heading = found.length
    ? `<h1>${found.length} articles about ${term}</h1>`
    : `<h1>Nothing found for ${term}</h1>`;
  res.set('Content-Type', 'text/html');
  res.send(layout('Search', heading + `<ul>${list}</ul>`));
});

app.get('/articles/:id', (req, res) => {
  const article = articles.find((a) => a.id === Number(req.params.id));
  if (!article) {
    return res.sendStatus(404);
  }
  return res.json(article);
});

app.listen(process.env.PORT || 3000);
