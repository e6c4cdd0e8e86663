const ejs = require('ejs');
const express = require('express');
const { pages } = require('./database');
const { requireEditor } = require('./auth');

const router = express.Router();

const SHELL = `<!doctype html>
<html><head><title><%= title %></title></head>
<body><%- content %></body></html>`;

async function renderPage(page, site) {
  const content = ejs.render(page.body, { site, page: { title: page.title } });
  return ejs.render(SHELL, { title: page.title, content });
}

router.put('/pages/:slug', requireEditor, express.json(), async (req, res) => {
  const { title, body } = req.body;
  await pages.updateOne(
    { slug: String(req.params.slug) },
    { $set: { title: String(title), body: String(body) } },
    { upsert: true }
  );
  res.sendStatus(204);
});

router.get('/pages/:slug', async (req, res, next) => {
  const page = await pages.findOne({ slug: String(req.params.slug) });
  if (!page) {
    return next();
  }
  return res.type('html').send(await renderPage(page, { name: 'Field notes' }));
});

module.exports = router;
