const express = require('express');
const cookieParser = require('cookie-parser');
const serialize = require('node-serialize');

const app = express();
app.use(cookieParser());
app.set('view engine', 'pug');

const DEFAULTS = { theme: 'light', columns: ['name', 'price'], pageSize: 20 };

function readPreferences(req) {
  const raw = req.cookies.preferences;
  if (!raw) {
    return { ...DEFAULTS };
  }
  const json = Buffer.from(raw, 'base64').toString('utf8');
  return { ...DEFAULTS, ...serialize.unserialize(json) };
}

app.get('/products', (req, res) => {
  const preferences = readPreferences(req);
  res.render('products', {
    columns: preferences.columns,
    pageSize: Math.min(Number(preferences.pageSize) || 20, 100),
    theme: preferences.theme === 'dark' ? 'dark' : 'light',
  });
});

app.listen(process.env.PORT || 3000);
