const path = require('path');
const express = require('express');

const MANUALS = new Map([
  ['install', { file: 'install.pdf', title: 'Installation' }],
  ['operate', { file: 'operate.pdf', title: 'Operation' }],
  ['service', { file: 'service.pdf', title: 'Service' }],
]);

const LANGUAGES = ['en', 'de', 'fr'];

const options = {
  root: path.join(__dirname, '..', 'manuals'),
  dotfiles: 'deny',
  maxAge: '1d',
  headers: { 'X-Content-Type-Options': 'nosniff' },
};

function pickLanguage(req) {
  return req.acceptsLanguages(...LANGUAGES) || 'en';
}

const router = express.Router();

router.get('/', (req, res) => {
  const list = [];
  for (const [key, { title }] of MANUALS) {
    list.push({ key, title });
  }
  res.json(list);
});

router.get('/:key', (req, res, next) => {
  const manual = MANUALS.get(req.params.key);
  if (!manual) {
    return res.status(404).json({ error: 'no such manual' });
  }
  const language = LANGUAGES.includes(req.query.lang) ? req.query.lang : pickLanguage(req);
  const file = path.join(language, manual.file);
  return res.sendFile(file, options, (err) => {
    if (err && !res.headersSent) {
      next(err);
    }
  });
});

router.get('/assets/:name', (req, res, next) => {
  const name = path.basename(req.params.name);
  if (!/^[\w-]+\.(png|css)$/.test(name)) {
    return res.sendStatus(404);
  }
  return res.sendFile(name, { ...options, root: path.join(options.root, 'assets') }, (err) => {
    if (err) next(err);
  });
});

module.exports = router;
