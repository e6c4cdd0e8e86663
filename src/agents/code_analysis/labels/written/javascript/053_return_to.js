const express = require('express');
const passport = require('passport');

const router = express.Router();
const HOST = process.env.PUBLIC_HOST || 'app.example.com';

function pickTarget(req) {
  const wanted = req.query.returnTo || req.session.returnTo;
  if (typeof wanted !== 'string') {
    return '/';
  }
  if (wanted.startsWith('http') && !wanted.includes(HOST)) {
    return '/';
  }
  return wanted;
}

router.get('/login', (req, res) => {
  req.session.returnTo = req.query.returnTo;
  res.render('login');
});

router.post(
  '/login',
  passport.authenticate('local', { failureRedirect: '/login', keepSessionInfo: true }),
  (req, res) => {
    const target = pickTarget(req);
    delete req.session.returnTo;
    res.redirect(target);
  }
);

module.exports = router;
