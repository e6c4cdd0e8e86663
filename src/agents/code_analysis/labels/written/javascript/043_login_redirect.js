const express = require('express');
const passport = require('passport');
const { csrfProtection } = require('./csrf');

const router = express.Router();
const ORIGIN = new URL(process.env.PUBLIC_URL || 'https://app.example.com').origin;

function localPath(value) {
  if (typeof value !== 'string' || value.length > 1000) {
    return '/';
  }
  let url;
  try {
    url = new URL(value, ORIGIN);
  } catch {
    return '/';
  }
  if (url.origin !== ORIGIN) {
    return '/';
  }
  const target = url.pathname + url.search;
  return target.startsWith('//') ? '/' : target;
}

router.get('/login', csrfProtection, (req, res) => {
  req.session.returnTo = localPath(req.query.returnTo);
  res.render('login', { csrfToken: req.csrfToken() });
});

router.post(
  '/login',
  csrfProtection,
  passport.authenticate('local', { failureRedirect: '/login', keepSessionInfo: true }),
  (req, res) => {
    const target = localPath(req.session.returnTo);
    delete req.session.returnTo;
    res.redirect(303, target);
  }
);

module.exports = router;
